/** `hawser show`: all of one attachment, promised against what stands. */
import { createColors } from "picocolors";
import { standingForm } from "../../api/form/index.ts";
import { printable } from "../../base/index.ts";
import {
  type Detail,
  detailOf,
  type FindingName,
  type Inside,
  type NodeAttachment,
  type SeenRoute,
} from "../../view/attachments/index.ts";
import { podName } from "../../view/index.ts";
import { attachmentsNamed, portText } from "../attachments.ts";
import { age } from "../durations.ts";
import type { CliIo, Output } from "../io.ts";
import { json } from "../json.ts";
import { placesFor, problemText, readNode } from "../node.ts";
import { row } from "../report.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";

/** `hawser show NAME` */
export async function runShow(io: CliIo, name: string, options: CommonOptions): Promise<number> {
  const session = new Session(io, options, "SHOW");
  return await session.run(async () => {
    const view = readNode(session);
    const found = attachmentsNamed(view.attachments, name);
    const { stateDir } = placesFor(session);
    const details = found.map((one) => detailOf(one, stateDir));
    const problems = [...view.problems, ...details.flatMap((detail) => detail.problems)];
    session.answer({
      attachments: details.map((detail) => json(standingForm(detail))),
      problems: problems.map(problemText),
    });
    for (const each of details.flatMap((detail) => detail.problems)) {
      session.warn(problemText(each));
    }
    if (session.json) return;
    io.stdout.write(details.map((detail) => detailText(detail, io.stdout)).join("\n"));
  });
}

type Paint = ReturnType<typeof createColors>;

function detailText(detail: Detail, output: Output): string {
  const paint = createColors(output.color);
  const { attachment } = detail;
  const { state, findings } = attachment;
  const shown = state === "ok" ? paint.green("ok") : paint.red(state);
  const lines = [
    `${paint.bold(printable(headOf(attachment)))}  ${shown}\n`,
    ...rowsOf(detail).map(([label, text]) => row(label, printable(text), paint)),
    ...historyLines(detail, paint),
    ...findings.flatMap(({ text, remedy }) => [
      `${paint.red("✗")} ${printable(text)}`,
      `  ${paint.cyan("to do:")} ${printable(remedy)}`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function headOf({ pod, containerId, network, ifName }: NodeAttachment): string {
  return `${pod === undefined ? containerId : podName(pod)} on ${network} as ${ifName || "?"}`;
}

type Line = readonly [label: string, text: string];

/** What is not known has no line. */
function rowsOf({ attachment: one, promised, inside, rules }: Detail): Line[] {
  const { since, reservations, hostLink, ports } = one;
  const routes = (promised?.routes ?? []).map(routeText);
  const lacks = (name: FindingName): boolean => one.findings.some((found) => found.name === name);
  const lines: (Line | undefined)[] = [
    ["container", one.containerId],
    [
      "network",
      `${one.network}${one.networkFile ? `  ${one.networkFile}` : "  no file configures it"}`,
    ],
    since === undefined
      ? undefined
      : ["attached", `${whenText(since)}, ${age(Date.now() - since)} ago`],
    ["namespace", namespaceText(one)],
    ["address", compared(one.addresses, inside?.addresses)],
    one.mac === undefined
      ? undefined
      : ["mac", compared([one.mac], inside && [inside.link?.mac ?? "none"])],
    [
      "routes",
      compared(routes, lacks("route-missing") ? inside?.routes.map(routeText) : undefined),
    ],
    inside?.link === undefined ? undefined : ["interface", interfaceText(inside)],
    hostLink === undefined ? undefined : ["host's link", linkText(hostLink)],
    ports.length === 0 ? undefined : ["ports", ports.map(portText).join(", ")],
    ...reservations.map(({ address, path }): Line => ["reserved", `${address}  ${path}`]),
    ...rules.map(({ place, text }): Line => ["rule", `${place}  ${text}`]),
    ["known by", one.sources.join(", ") + (one.cacheFile ? `  ${one.cacheFile}` : "")],
  ];
  return lines.flatMap((line) => (line === undefined || line[1] === "" ? [] : [line]));
}

function whenText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/u, "Z");
}

function namespaceText({ netns, netnsState, earlierBoot }: NodeAttachment): string {
  const state = earlierBoot ? "of an earlier boot" : netnsState;
  return netns === "" ? `${state}, its path is not noted` : `${netns}  ${state}`;
}

/** What was promised; what stands is said where it is something else. */
function compared(promised: readonly string[], stands: readonly string[] | undefined): string {
  const wanted = promised.join(", ");
  if (stands === undefined || promised.every((each) => isThere(each, stands))) return wanted;
  return `${wanted || "none"}, but there stands ${stands.join(", ") || "none"}`;
}

/** Of what only a reservation knows, the length of the prefix is not known. */
function isThere(text: string, stands: readonly string[]): boolean {
  if (stands.includes(text)) return true;
  return !text.includes("/") && stands.some((each) => each.startsWith(`${text}/`));
}

function routeText({ dst, gw, table }: SeenRoute): string {
  const at = table === undefined ? "" : ` in table ${table}`;
  return `${dst}${gw === undefined ? "" : ` via ${gw}`}${at}`;
}

function interfaceText({ link }: Inside): string {
  if (link === undefined) return "";
  const { name, index, kind, up, mtu } = link;
  return `${name}, ${kind ?? "device"} ${index}, ${up ? "up" : "down"}, MTU ${mtu}`;
}

function linkText({
  name,
  index,
  kind,
  up,
  master,
}: NonNullable<NodeAttachment["hostLink"]>): string {
  if (index === undefined) return `${name}, which is not there`;
  const port = master === undefined ? "" : `, a port of ${master}`;
  return `${name}, ${kind ?? "device"} ${index}, ${up === true ? "up" : "down"}${port}`;
}

function historyLines({ history }: Detail, paint: Paint): string[] {
  if (history.length === 0) return [];
  return history.map(({ from, to, present, addresses }, at) => {
    const end = to ?? (present ? "now" : "an end that was not noted");
    const text = `${from ?? "before the notes begin"} to ${end}: ${addresses.join(", ")}`;
    return row(at === 0 ? "history" : "", printable(text), paint);
  });
}
