/** `hawser cluster release` and `hawser cluster forget`: what dead nodes hold becomes free, and names do. */

import { Prefix } from "../../../addr/index.ts";
import { addressesOf, fleetNodeForm } from "../../../api/form/index.ts";
import { printable } from "../../../base/index.ts";
import { forgetNode, NotDone, releaseName, releasePrefix } from "../../../fleet/index.ts";
import type { FleetReport, NodeReport } from "../../../fleet/operator/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { CliIo } from "../../io.ts";
import { json } from "../../json.ts";
import { UsageError } from "../../request.ts";
import { suggestion } from "../../suggest.ts";
import { requireYes } from "./ask.ts";
import { nodeNamed } from "./named.ts";
import type { ForgetOptions, ReleaseOptions } from "./options.ts";
import { onFleet } from "./session.ts";
import { reportOf } from "./source.ts";
import { counted, fleetJson, nameJson } from "./texts.ts";

/** A node that is cut off believes for a while that it holds what is freed. */
const SURE = "make sure that the machine is off: cut off, it would go on giving these addresses";

export async function runClusterRelease(
  io: CliIo,
  what: string | undefined,
  options: ReleaseOptions,
): Promise<number> {
  const { name } = options;
  if ((what === undefined) === (name === undefined)) {
    throw new UsageError("say what becomes free: an address, a block, or a name by --name");
  }
  return name === undefined
    ? await releaseAddresses(io, what ?? "", options)
    : await releaseOneName(io, name, options);
}

async function releaseAddresses(io: CliIo, what: string, options: ReleaseOptions): Promise<number> {
  const piece = pieceOf(what);
  return await onFleet(io, options, async (fleet) => {
    const { session, store } = fleet;
    const report = await reportOf(fleet);
    const part = report.parts.find(({ prefix, block }) => {
      const isWithin = prefix.length <= piece.length && prefix.contains(piece.ip);
      return isWithin || prefix.equals(piece) || block.equals(piece);
    });
    if (part?.node === undefined) throw refused(`${what} is free: no node holds it`);
    const node = nodeNamed(report, part.node);
    refuseLiving(node);
    session.say(`${piece} is held by ${printable(node.id)}, which is ${node.state}`);
    session.say(SURE);
    await requireYes(session, options.yes, `free ${piece}?`);
    const shares = await freeing(() => releasePrefix(store, report.network, piece));
    const freed = shares.map(({ prefix }) => common(prefix, piece));
    session.answer({ ...fleetJson(report, fleet), freed: freed.map(String) });
    session.say(freedText(freed));
  });
}

/** Nodes that live are asked by a letter: they keep the addresses, for any container. */
async function releaseOneName(io: CliIo, name: string, options: ReleaseOptions): Promise<number> {
  return await onFleet(io, options, async (fleet) => {
    const { session, store } = fleet;
    const report = await reportOf(fleet);
    const found = report.names.find((one) => one.name === name);
    if (found === undefined) throw unknownName(name, report);
    const { addresses, node } = found;
    session.say(printable(`${name} has ${addresses.join(" and ")}, and was last on ${node}`));
    session.say("a container that has it keeps it; the next one of that name gets another");
    await requireYes(session, options.yes, `free ${printable(name)}?`);
    const freed = await freeing(() => releaseName(store, report.network, name));
    session.answer({
      ...fleetJson(report, fleet),
      names: [{ name, node: freed.node, addresses: [...freed.addresses] }],
    });
    session.say(printable(`free now: the name ${name}`));
  });
}

function unknownName(name: string, { network, names }: FleetReport): CniError {
  const known = names.map((one) => one.name);
  const msg = `no address of the fleet ${network} follows the name ${JSON.stringify(name)}`;
  return refused(msg, suggestion(name, known));
}

export async function runClusterForget(
  io: CliIo,
  id: string,
  options: ForgetOptions,
): Promise<number> {
  return await onFleet(io, options, async (fleet) => {
    const { session, store } = fleet;
    const report = await reportOf(fleet);
    const node = nodeNamed(report, id);
    refuseLiving(node);
    const names = report.names.filter((one) => one.node === id);
    session.say(`${printable(id)} is ${node.state}, and holds ${holdingText(node)}`);
    if (names.length > 0) {
      const given = names.map(({ name }) => name).join(", ");
      session.say(`names that get other addresses: ${printable(given)}`);
    }
    session.say(SURE);
    await requireYes(session, options.yes, `forget ${printable(id)}, and free that?`);
    const freed = await freeing(() => forgetNode(store, report.network, id));
    session.answer({
      ...fleetJson(report, fleet),
      ...{ node: json(fleetNodeForm(node)), freed: freed.map(String), names: names.map(nameJson) },
    });
    session.say(freedText(freed));
  });
}

/** @throws UsageError for what is no address and no prefix */
function pieceOf(what: string): Prefix {
  const prefix = Prefix.tryParse(what.includes("/") ? what : hostPrefix(what));
  if (prefix !== undefined) return prefix.network();
  throw new UsageError(`${what} is no address and no block such as 10.42.0.64/26`);
}

function hostPrefix(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

function refuseLiving({ id, state }: NodeReport): void {
  if (state !== "alive") return;
  throw refused(`${id} lives: it gives back by itself what it does not need`, "stop it first");
}

function holdingText({ holds }: NodeReport): string {
  if (holds.length === 0) return "nothing";
  return `${holds.join(", ")}: ${counted(addressesOf(holds), "address")}`;
}

function freedText(prefixes: readonly Prefix[]): string {
  return prefixes.length === 0 ? "it held nothing" : `free now: ${prefixes.join(", ")}`;
}

/** The smaller of two prefixes that overlap. */
function common(one: Prefix, other: Prefix): Prefix {
  return one.length > other.length ? one : other;
}

/** @throws CniError for what must not be freed */
async function freeing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof NotDone ? refused(error.message) : error;
  }
}

function refused(msg: string, advice?: string): CniError {
  const options = advice === undefined ? {} : { advice };
  return new CniError(ErrorCode.IO_FAILURE, msg, options);
}
