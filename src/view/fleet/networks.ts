import { type Env, errorText } from "../../base/index.ts";
import {
  type ClusterNetwork,
  clusterNetwork,
  notedNetworks,
  notePath,
  refuseOverlap,
  type SpoiledNetwork,
} from "../../cluster/networks/index.ts";
import { loadNetworks } from "../../runtime/index.ts";
import { field, isObject } from "../../spec/index.ts";

/** A fleet's network in which this node takes part, and the node's networks that use it. */
export interface FleetNetwork extends ClusterNetwork {
  readonly names: readonly string[];
  /** Those that their containers are on. */
  readonly bridges: readonly string[];
}

export interface FoundNetworks {
  /** By the name of the fleet's network. */
  readonly networks: ReadonlyMap<string, FleetNetwork>;
  /** Those of them that a file of the configuration directory has, by the same names. */
  readonly configured: ReadonlySet<string>;
  readonly spoiled: readonly SpoiledNetwork[];
}

/**
 * The fleets' networks of this node: those of the configuration directory, and those that were used since
 * the machine started, whose file may be gone while containers live.
 */
export function fleetNetworks(env: Env, confDir: string): FoundNetworks {
  const configured = configuredNetworks(confDir);
  const noted = notedNetworks(env);
  const names = new Set(configured.networks.map(({ name }) => name));
  const isUsed = ({ name }: { readonly name: string }): boolean => !names.has(name);
  const networks = new Map<string, FleetNetwork>();
  // A note of what is configured is written anew by the next ADD.
  const spoiled = [...configured.spoiled, ...noted.spoiled.filter(isUsed)];
  const addAll = (all: readonly ClusterNetwork[], noteOf: (name: string) => object): void => {
    for (const one of all) {
      try {
        add(networks, one);
      } catch (error) {
        spoiled.push({ name: one.name, reason: errorText(error), ...noteOf(one.name) });
      }
    }
  };
  addAll(configured.networks, () => ({}));
  const fleets = new Set(networks.keys());
  addAll(noted.networks.filter(isUsed), (name) => ({ note: notePath(env, name) }));
  return { networks, configured: fleets, spoiled };
}

function add(networks: Map<string, FleetNetwork>, one: ClusterNetwork): void {
  const { network } = one.cluster.fleet;
  const there = networks.get(network);
  if (there === undefined) {
    refuseOverlap(one, [...networks.values()]);
    networks.set(network, { ...one, names: [one.name], bridges: [one.bridge ?? []].flat() });
    return;
  }
  if (JSON.stringify(there.cluster) !== JSON.stringify(one.cluster)) {
    throw new Error(`it uses the fleet's network ${network} otherwise than ${there.name} does`);
  }
  networks.set(network, {
    ...there,
    names: [...there.names, one.name],
    bridges: [...new Set([...there.bridges, one.bridge ?? []].flat())],
  });
}

function configuredNetworks(confDir: string): ReturnType<typeof notedNetworks> {
  const networks: ClusterNetwork[] = [];
  const spoiled: SpoiledNetwork[] = [];
  for (const { config } of loadNetworks(confDir).networks) {
    for (const { json } of config.plugins) {
      const ipam = field(json, "ipam");
      if (!isObject(ipam) || field(ipam, "type") !== "cluster") continue;
      const { name } = config;
      try {
        networks.push(clusterNetwork({ network: name, config: json }));
      } catch (error) {
        spoiled.push({ name, reason: errorText(error) });
      }
      break; // one plugin of a list has the addresses of its interface
    }
  }
  return { networks, spoiled };
}
