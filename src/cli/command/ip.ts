/** `hawser ip`: which attachment has an address, and which had it. */
import { existsSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import { addressForm } from "../../api/form/index.ts";
import { printable } from "../../base/index.ts";
import { Journal, type Period, readPeriods } from "../../journal/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { readBootId, stateDirectory } from "../../state/owner/index.ts";
import {
  type AddressHolder,
  type AddressPlace,
  type AddressReport,
  type InsideAnswer,
  lookAtAddress,
} from "../../view/address/index.ts";
import { type Holding, type RangeConfig, rangeConfigs } from "../../view/pools/index.ts";
import type { CliIo } from "../io.ts";
import { json } from "../json.ts";
import { readNode } from "../node.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";
import { listed } from "../suggest.ts";

/** `hawser ip ADDRESS`; `address` in the form that results have. */
export async function runIp(io: CliIo, address: string, options: CommonOptions): Promise<number> {
  const session = new Session(io, options, "IP");
  return await session.run(async () => {
    session.about({ address });
    const view = readNode(session);
    const configs = rangeConfigs(view);
    const journal = new Journal(stateDirectory(io.env), readBootId());
    const history = readPeriods(journal, { address });
    const report = lookAtAddress(Ip.parse(address), { view, configs, history });
    for (const problem of report.problems) session.warn(problem);
    if (isNowhere(report)) throw nowhere(address, configs);
    session.answer(json(addressForm(report)));
    for (const line of reportLines(report)) session.say(printable(line));
    if (!existsSync(journal.directory)) {
      session.say(
        "who had it before is not noted: no daemon of Hawser has run here since the boot",
      );
    }
  });
}

function isNowhere({ holders, reservations, host, places, history }: AddressReport): boolean {
  const found = [holders, reservations, places, history].some((list) => list.length > 0);
  return !found && host === undefined;
}

function nowhere(address: string, configs: readonly RangeConfig[]): CniError {
  const names = [...new Set(configs.map(({ network }) => network))];
  const advice =
    names.length === 0
      ? "no network of this node hands out addresses by host-local or cluster"
      : `hawser pools shows the ranges of ${listed(names)}`;
  const msg = `nothing here has ${address} or had it, and it is of no network's subnet`;
  return new CniError(ErrorCode.IO_FAILURE, msg, { advice });
}

function reportLines(report: AddressReport): string[] {
  const { ip, holders, reservations, host, places, history } = report;
  const isHeld = holders.length > 0 || reservations.length > 0 || host !== undefined;
  return [
    ...holders.flatMap(holderLines),
    ...reservations.map((each) => `${ip} is reserved ${reservedFor(each)} (${each.path})`),
    ...(host === undefined ? [] : [`${ip} is the host's own: ${host.prefix} on ${host.link}`]),
    ...(isHeld ? [] : [`${ip} is not in use`]),
    ...places.map(placeText),
    ...(history.length === 0 ? [] : ["", "who had it:"]),
    ...history.map((period) => `  ${periodText(period)}`),
  ];
}

function holderLines({ attachment, isGiven, reservation, inside }: AddressHolder): string[] {
  const { network, containerId, ifName, netns, pod, findings } = attachment;
  const name = pod === undefined ? containerId : `${podText(pod)} (${containerId})`;
  const sources = [
    ...(isGiven ? ["its add"] : []),
    ...(reservation === undefined ? [] : [reservation.path]),
  ];
  return [
    `${name} ${ifName} of network ${network} has it, says ${sources.join(" and ")}`,
    ...(findings.some(({ name }) => name === "netns-gone")
      ? []
      : [`  ${insideText(inside, netns)}`]),
    ...findings.map(({ text, remedy }) => `  ${text}; ${remedy}`),
  ];
}

function podText({
  namespace,
  name,
}: {
  readonly namespace?: string;
  readonly name: string;
}): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function insideText(inside: InsideAnswer, netns: string): string {
  const where = netns === "" ? "its namespace" : netns;
  switch (inside.state) {
    case "there":
      return `the kernel agrees: ${inside.found.prefix} on ${inside.found.link} in ${where}`;
    case "absent":
      return `the kernel does not agree: no link in ${where} has it`;
    case "gone":
      return `its namespace${netns === "" ? "" : ` ${netns}`} is gone`;
    case "unknown":
      return `whether the kernel agrees is not known: ${inside.why}`;
  }
}

function reservedFor({ state, containerId, ifName }: Holding): string {
  const text = [containerId, ifName].filter((part) => part !== "").join(" ");
  if (text === "") return "by a file whose content cannot be understood";
  return state === "kept" ? `by a line of text: ${text}` : `for ${text}`;
}

function placeText({ network, range, subnet, role }: AddressPlace): string {
  const of = `${subnet} of network ${network}`;
  switch (role) {
    case "range":
      return `it is of the range ${range} of network ${network}`;
    case "excluded":
      return `it is of the range ${range} of network ${network}, excluded: had only when asked for`;
    case "gateway":
      return `it is the gateway of ${of}: never handed out`;
    case "network address":
    case "broadcast address":
      return `it is the ${role} of ${of}: never handed out`;
    case "outside":
      return `it is of ${of}, and outside of its range ${range}: never handed out`;
  }
}

function periodText({ network, containerId, ifName, from, to, present }: Period): string {
  const begin = from ?? "before the notes begin";
  const end = to ?? (present ? "now" : "an end that was not noted");
  return `${begin} to ${end}: ${containerId} ${ifName} of network ${network}`;
}
