/** `hawser cluster status`: how a fleet is, in a screenful. */

import { createColors } from "picocolors";
import { fleetNodeForm } from "../../../api/form/index.ts";
import { printable } from "../../../base/index.ts";
import type {
  FleetFinding,
  FleetReport,
  NodeReport,
  SpaceReport,
  StickyReport,
} from "../../../fleet/operator/index.ts";
import { duration } from "../../durations.ts";
import type { CliIo } from "../../io.ts";
import { json } from "../../json.ts";
import { rounded } from "../../report.ts";
import { listed } from "../../suggest.ts";
import type { ClusterOptions } from "./options.ts";
import { type NamedFleet, onFleet } from "./session.ts";
import { findingsOf, reportOf } from "./source.ts";
import {
  amount,
  counted,
  findingLines,
  findingsJson,
  fleetJson,
  nameJson,
  quarantineText,
} from "./texts.ts";

/** Findings that a screenful has room for; `check` has all. */
const SHOWN = 8;
/** Names that the line of names has room for. */
const NAMES = 3;

export async function runClusterStatus(io: CliIo, options: ClusterOptions): Promise<number> {
  return await onFleet(io, options, async (fleet) => {
    const { session } = fleet;
    const started = performance.now();
    const report = await reportOf(fleet);
    const ms = performance.now() - started;
    const findings = findingsOf(fleet, report);
    session.answer({
      ...fleetJson(report, fleet),
      ...{ ms: rounded(ms), nodes: report.nodes.map((one) => json(fleetNodeForm(one))) },
      ...{ names: report.names.map(nameJson) },
      ...findingsJson(findings),
    });
    const shown = { report, findings, ms };
    for (const line of statusLines(fleet, shown, io)) session.say(line);
  });
}

interface Shown {
  readonly report: FleetReport;
  readonly findings: readonly FleetFinding[];
  readonly ms: number;
}

function statusLines(
  { cluster }: NamedFleet,
  { report, findings, ms }: Shown,
  io: CliIo,
): string[] {
  const { network, record, halt, spaces, revision, names } = report;
  const colors = createColors(io.stdout.color);
  const { store } = cluster;
  const where =
    store.kind === "etcd"
      ? `etcd, ${counted(store.endpoints.length, "endpoint")}`
      : `files in ${store.directory}`;
  const shown = findingLines(findings.slice(0, SHOWN), io.stdout.color);
  const more = findings.length - SHOWN;
  return [
    `${colors.bold(network)}  overlay ${record.overlay}, quarantine ${quarantineText(record.quarantineMs)}`,
    `store      ${where}: answered in ${duration(ms)}, revision ${revision}`,
    ...(halt === undefined
      ? []
      : [colors.red(`halted     ${printable(halt.reason)} (seen by ${printable(halt.by)})`)]),
    `nodes      ${nodesText(report.nodes, record.quarantineMs)}`,
    ...spaces.map((space) => `addresses  ${spaceText(space)}`),
    ...(names.length === 0 ? [] : [`names      ${namesText(names)}`]),
    ...(shown.length === 0 ? ["store and nodes agree"] : ["", ...shown]),
    ...(more > 0 ? [`and ${more} more: hawser cluster check`] : []),
  ];
}

function nodesText(nodes: readonly NodeReport[], quarantineMs: number | undefined): string {
  const of = (state: NodeReport["state"]): NodeReport[] =>
    nodes.filter((one) => one.state === state);
  const names = (some: readonly NodeReport[]): string =>
    printable(listed(some.map(({ id }) => id)));
  const parts = [`${of("alive").length} alive`];
  const dead = of("dead");
  if (dead.length > 0) {
    const until = quarantineMs === undefined ? "until forgotten" : "in quarantine";
    parts.push(`${dead.length} dead, ${until}: ${names(dead)}`);
  }
  const over = of("given up");
  if (over.length > 0) parts.push(`${over.length} dead, quarantine over: ${names(over)}`);
  const gone = of("forgotten");
  if (gone.length > 0) parts.push(`${gone.length} forgotten`);
  const strange = of("unknown");
  if (strange.length > 0) parts.push(`${strange.length} unknown: ${names(strange)}`);
  return parts.join("; ");
}

/** As many as a line has room for. */
function namesText(names: readonly StickyReport[]): string {
  const shown = names
    .slice(0, NAMES)
    .map(({ name, addresses }) => `${name} ${addresses.join(" ")}`);
  const more = names.length - NAMES;
  return printable(more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", "));
}

function spaceText({ subnet, blockSize, size, held, resting, blocks }: SpaceReport): string {
  const percent = size === 0n ? 0 : Number(((held + resting) * 1000n) / size) / 10;
  const parts = [
    `${amount(held)} of ${amount(size)} held by nodes alive`,
    ...(resting > 0n ? [`${amount(resting)} by dead ones`] : []),
    `${percent} %`,
    `${counted(blocks, "block")} of /${blockSize} in use`,
  ];
  return `${subnet}: ${parts.join(", ")}`;
}
