import type { Env } from "../../base/index.ts";
import { checkNetworkName } from "../../spec/index.ts";
import { STATE_DIR_VARIABLE } from "../../state/owner/index.ts";

/**
 * Where the fleets' files lie, unless the environment names another state directory. They outlive a start
 * of the machine, as the reservations do: what a disk knows of its session is the proof that a node
 * that comes back is the machine that it was.
 */
const DEFAULT_DIRECTORY = "/var/lib/hawser/cluster";

/** The directory in which each of a fleet's networks has one. */
export function clusterDirectory(env: Env): string {
  const stateDir = env[STATE_DIR_VARIABLE];
  return stateDir === undefined || stateDir === "" ? DEFAULT_DIRECTORY : `${stateDir}/cluster`;
}

/** This node's files of one network of a fleet, for root alone. */
export interface NodePlace {
  readonly network: string;
  readonly path: string;
  /** What ADD and DEL go by, `Picture` of src/fleet. */
  readonly picture: string;
  /** Held by the process that is the network's member on this node. */
  readonly lock: string;
  /** Needs of ADDs that wait, one file each. */
  readonly wants: string;
  /** The plugin configuration with which the network was used last. */
  readonly config: string;
  /** Which node this is, and on which machine these files were made. */
  readonly identity: string;
  /** What the node's daemon last published of the node. */
  readonly facts: string;
  readonly wireguardKey: string;
}

/** @throws CniError of code 7 for a name that is no network's */
export function placeOf(env: Env, network: string): NodePlace {
  checkNetworkName(network);
  const path = `${clusterDirectory(env)}/${network}`;
  return {
    ...{ network, path },
    picture: `${path}/picture.json`,
    lock: `${path}/member.lock`,
    wants: `${path}/wants`,
    config: `${path}/config.json`,
    identity: `${path}/node.json`,
    facts: `${path}/facts.json`,
    wireguardKey: `${path}/wireguard.key`,
  };
}
