/** What more than one command of a fleet prints. */
import { createColors } from "picocolors";
import { findingForm, fleetSubnetForm, type ShownFinding } from "../../../api/form/index.ts";
import { defined, printable } from "../../../base/index.ts";
import type { FleetReport, NodeReport, StickyReport } from "../../../fleet/operator/index.ts";
import type { JsonObject } from "../../../spec/index.ts";
import { age } from "../../durations.ts";
import { json } from "../../json.ts";
import type { NamedFleet } from "./session.ts";

/** A number of things: `1 node`, `3 nodes`. */
export function counted(count: number | bigint, thing: string): string {
  return `${amount(BigInt(count))} ${thing}${BigInt(count) === 1n ? "" : ending(thing)}`;
}

function ending(thing: string): string {
  return thing.endsWith("s") ? "es" : "s";
}

/** Where digits would tell people nothing, the magnitude. */
export function amount(number: bigint): string {
  return number < 10n ** 12n ? number.toString() : Number(number).toExponential(1);
}

/** `24h`, `never`. */
export function quarantineText(ms: number | undefined): string {
  return ms === undefined ? "never" : age(ms);
}

/** How a node is, with its quarantine. */
export function nodeText({ state, deadMs }: NodeReport, quarantineMs: number | undefined): string {
  if (state !== "dead") return state;
  if (quarantineMs === undefined) return "dead, kept";
  const left = Math.max(0, quarantineMs - (deadMs ?? 0));
  return `dead, kept for ${age(left)}`;
}

export function nameJson({ name, node, addresses }: StickyReport): JsonObject {
  return { name, node, addresses: addresses.map(String) };
}

/** What every answer about a fleet has. */
export function fleetJson(
  { network, record, halt, revision, spaces }: FleetReport,
  { cluster }: NamedFleet,
): JsonObject {
  const { overlay, quarantineMs, generation } = record;
  const { store } = cluster;
  return {
    fleet: {
      ...{
        network,
        overlay,
        generation,
        subnets: spaces.map((space) => json(fleetSubnetForm(space))),
      },
      ...defined({ quarantineMs }),
    },
    store: {
      engine: store.kind,
      ...(store.kind === "etcd"
        ? { endpoints: [...store.endpoints] }
        : { directory: store.directory }),
      ...{ cluster: record.cluster, revision: revision.toString() },
    },
    ...(halt === undefined ? {} : { halt: { reason: halt.reason, by: halt.by } }),
  };
}

export function findingsJson(findings: readonly ShownFinding[]): JsonObject {
  return { findings: findings.map((finding) => json(findingForm(finding))) };
}

/** Each finding with what mends it, the worst first. */
export function findingLines(findings: readonly ShownFinding[], color: boolean): string[] {
  const colors = createColors(color);
  const order = ["error", "warning", "note"];
  return [...findings]
    .sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity))
    .flatMap(({ severity, message, remedy }) => [
      `${mark(severity, colors)} ${printable(message)}`,
      ...(remedy === undefined ? [] : [`    ${printable(remedy)}`]),
    ]);
}

function mark(severity: ShownFinding["severity"], colors: ReturnType<typeof createColors>): string {
  if (severity === "error") return colors.red("✗");
  return severity === "warning" ? colors.yellow("!") : colors.dim("·");
}
