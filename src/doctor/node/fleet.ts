/** Networks whose addresses come from a fleet: what this node has of them, and since when it is confirmed. */
import { existsSync } from "node:fs";
import { shellWord } from "../../base/index.ts";
import { field, isObject, type JsonValue } from "../../spec/index.ts";
import type { FleetSide } from "../../view/fleet/index.ts";
import type { Report } from "../report.ts";
import type { Node } from "../surroundings.ts";
import { askDaemon } from "./daemons.ts";
import { pluginsIn } from "./networks.ts";
import type { NodeStage } from "./stage.ts";

/** A node asks the store several times in so long. */
const SILENCE_SECONDS = 120;

export const fleet: NodeStage = {
  name: "fleet",
  title: "addresses of fleets",
  async look({ node, host }, report) {
    if (!hasFleet(node)) return report.pass("no network takes its addresses from a fleet");
    const { fleetNetworks, fleetSide } = await import("../../view/fleet/index.ts");
    const { tunnelEnds } = await import("../../overlay/index.ts");
    const { judgeTunnel } = await import("./tunnel.ts");
    const { env, places, sockets } = node;
    const { networks, spoiled } = fleetNetworks(env, places.confDir);
    for (const { name, reason, note } of spoiled) {
      report.find(
        "fleet-configuration",
        `the fleet's network of ${name}: ${reason}`,
        note === undefined ? "hawser validate" : `rm ${shellWord(note)}`,
      );
    }
    const status = networks.size === 0 ? undefined : await askDaemon(sockets.daemon);
    const notes = [...networks].map(([network, found]) => {
      report.look(`the picture of the fleet's network ${network}`);
      const side = fleetSide(found);
      judge(report, side);
      judgeDaemon(report, side, status);
      const ends = tunnelEnds(host.socket, network);
      if (ends !== undefined) judgeTunnel(report, host, network, ends);
      return `${side.node ?? "this node"} holds ${side.blocks.length} blocks of ${network}`;
    });
    report.pass(notes.join(", ") || "no network takes its addresses from a fleet");
  },
};

/** Without one, nothing of fleets is loaded. */
function hasFleet({ places, view }: Node): boolean {
  if (existsSync(`${places.stateDir}/cluster`)) return true;
  return [...view.networks.values()].some((network) =>
    pluginsIn(network).some((plugin) => {
      const ipam = field(plugin, "ipam");
      return isObject(ipam) && field(ipam, "type") === "cluster";
    }),
  );
}

function judge(report: Report, { network, waits, holdings }: FleetSide): void {
  const of = `the fleet's network ${network}`;
  const remedy = `hawser cluster status ${network}`;
  if (waits !== undefined) {
    report.find("fleet-not-serving", `${of} gives this node no address: ${waits}`, remedy);
  }
  if (holdings === undefined) return;
  const { lost, free, addresses, confirmedSeconds } = holdings;
  if (lost > 0) {
    report.find(
      "fleet-addresses-lost",
      `${of}: ${lost} addresses of containers on this node are another node's by now`,
      `hawser cluster check ${network}`,
    );
  }
  if (waits === undefined && addresses > 0 && free === 0) {
    report.find("fleet-full", `${of}: none of this node's ${addresses} addresses is free`, remedy);
  }
  if (waits === undefined && (confirmedSeconds ?? 0) > SILENCE_SECONDS) {
    report.find(
      "fleet-store-silent",
      `${of}: the store has not confirmed for ${Math.round(confirmedSeconds ?? 0)} seconds what this node holds`,
      remedy,
    );
  }
}

/** The daemon knows what no file says: whether the overlay stands, and how the store answers. */
function judgeDaemon(
  report: Report,
  { network, overlay, waits }: FleetSide,
  status: JsonValue | undefined,
): void {
  const all = isObject(status) ? field(status, "fleet") : undefined;
  const own = Array.isArray(all)
    ? all.find((each) => isObject(each) && field(each, "network") === network)
    : undefined;
  if (own === undefined) {
    if (overlay === "none") return;
    report.find(
      "fleet-without-daemon",
      `no daemon of this node keeps the ${overlay} overlay of the fleet's network ${network}`,
      "systemctl start hawser.service || hawser daemon",
    );
    return;
  }
  const warnings = isObject(own) ? field(own, "warnings") : undefined;
  for (const warning of Array.isArray(warnings) ? warnings : []) {
    if (typeof warning !== "string" || warning === waits) continue;
    report.find(
      "fleet-trouble",
      `the fleet's network ${network}: ${warning}`,
      "hawser daemon --status",
    );
  }
}
