/** Whether this node and the fleet mean the same network. */
import type { FleetConfig } from "./member-port.ts";
import type { FleetRecord } from "./records.ts";

/** What a fleet's first node writes, or `hawser cluster init`. */
export function fleetRecordOf(config: FleetConfig, cluster: string): FleetRecord {
  const { quarantineMs } = config;
  return {
    format: 1,
    subnets: config.subnets.map((subnet) => subnet.network().toString()),
    blockSizes: config.blockSizes,
    ...(quarantineMs === undefined ? {} : { quarantineMs }),
    overlay: config.overlay,
    cluster,
    generation: 0,
  };
}

/** All of a configuration that has to be as the fleet has it, to be compared as text. */
export function termsOf(config: FleetConfig): string {
  return JSON.stringify(fleetRecordOf(config, ""));
}

/** What differs between a configuration and the fleet, in a sentence for each. */
export function differences(config: FleetConfig, fleet: FleetRecord): string[] {
  const own = fleetRecordOf(config, fleet.cluster);
  const rows: (readonly [string, string, string])[] = [
    ["subnets", own.subnets.join(", "), fleet.subnets.join(", ")],
    ["block sizes", own.blockSizes.join(", "), fleet.blockSizes.join(", ")],
    ["quarantine", printTime(own.quarantineMs), printTime(fleet.quarantineMs)],
    ["overlay", own.overlay, fleet.overlay],
  ];
  return rows
    .filter(([, mine, theirs]) => mine !== theirs)
    .map(([what, mine, theirs]) => `${what}: ${mine} here, ${theirs} in the fleet`);
}

/** Why the store cannot be the one that the node has seen before; undefined where it can. */
export function contradiction(
  node: string,
  seen: { readonly cluster: string; readonly generation: number; readonly revision: string },
  now: {
    readonly cluster: string;
    readonly revision: bigint;
    readonly fleet: FleetRecord | undefined;
  },
): string | undefined {
  if (now.fleet === undefined) return `the store does not know the fleet that node ${node} is in`;
  if (seen.generation > now.fleet.generation) {
    return `the store does not know of a resumption that node ${node} has seen`;
  }
  if (seen.generation < now.fleet.generation) return undefined;
  if (seen.cluster !== now.cluster) {
    return `the store is ${now.cluster}, and node ${node} knows the fleet on ${seen.cluster}`;
  }
  if (BigInt(seen.revision) <= now.revision) return undefined;
  return `the store is at revision ${now.revision}, and node ${node} has seen ${seen.revision}`;
}

function printTime(ms: number | undefined): string {
  return ms === undefined ? "never" : `${ms / 1000} seconds`;
}
