import type { Env } from "../../base/index.ts";
import { field, isObject, type NetworkConfig } from "../../spec/index.ts";
import type { NodeView } from "../../view/attachments/index.ts";
import type { FleetSide } from "../../view/fleet/index.ts";

/** A file, or a network that no file configures any more. */
export interface NetworkRow {
  /** "" where none configures it. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly plugins: readonly string[];
  readonly attached: number;
  readonly unhealthy: number;
  /** Where its addresses come from a fleet: this node's side of that. */
  readonly fleet?: FleetSide;
  /** Why the file is passed over. */
  readonly error?: Error;
}

/** What of a node networks are made of. */
export interface NetworkSources {
  readonly env: Env;
  readonly confDir: string;
  readonly view: Pick<NodeView, "attachments" | "configured">;
}

interface Counts {
  readonly attached: number;
  readonly unhealthy: number;
}

/** In the order of their files, as runtimes read them; behind them those without a file. */
export async function networkRows({ env, confDir, view }: NetworkSources): Promise<NetworkRow[]> {
  const { networks, skipped } = view.configured;
  const counts = new Map<string, Counts>();
  const countOf = (name: string): Counts => counts.get(name) ?? { attached: 0, unhealthy: 0 };
  for (const { network, state } of view.attachments) {
    const { attached, unhealthy } = countOf(network);
    const more = state === "ok" ? 0 : 1;
    counts.set(network, { attached: attached + 1, unhealthy: unhealthy + more });
  }
  const configs = networks.map(({ config }) => config);
  const sides = await fleetSides(env, confDir, configs);
  const configured = networks.map(({ file, config }): NetworkRow => {
    const { name, cniVersion, plugins } = config;
    const types = plugins.map(({ type }) => type);
    const fleet = sides.get(name);
    return {
      ...{ file, name, version: cniVersion || "0.1.0", plugins: types, ...countOf(name) },
      ...(fleet === undefined ? {} : { fleet }),
    };
  });
  const broken = skipped.map(({ file, error }): NetworkRow => {
    return { file, name: "", version: "", plugins: [], attached: 0, unhealthy: 0, error };
  });
  const names = new Set(configs.map(({ name }) => name));
  const without = [...counts.keys()]
    .filter((name) => !names.has(name))
    .map((name): NetworkRow => ({ file: "", name, version: "", plugins: [], ...countOf(name) }));
  const files = [...configured, ...broken].sort((one, other) => (one.file < other.file ? -1 : 1));
  return [...files, ...without];
}

/** By the networks' names; where none takes its addresses from a fleet, nothing of it is loaded. */
async function fleetSides(
  env: Env,
  confDir: string,
  configs: readonly NetworkConfig[],
): Promise<ReadonlyMap<string, FleetSide>> {
  const sides = new Map<string, FleetSide>();
  const isFleet = ({ json }: NetworkConfig["plugins"][number]): boolean => {
    const ipam = field(json, "ipam");
    return isObject(ipam) && field(ipam, "type") === "cluster";
  };
  if (!configs.some(({ plugins }) => plugins.some(isFleet))) return sides;
  const { fleetNetworks, fleetSide } = await import("../../view/fleet/index.ts");
  for (const found of fleetNetworks(env, confDir).networks.values()) {
    for (const name of found.names) sides.set(name, fleetSide(found));
  }
  return sides;
}
