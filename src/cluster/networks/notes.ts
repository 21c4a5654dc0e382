import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import type { Prefix } from "../../addr/index.ts";
import { DEFAULT_BRIDGE, defined, errorText } from "../../base/index.ts";
import {
  invalidConfig,
  isObject,
  type JsonObject,
  parseJson,
  printJson,
} from "../../spec/index.ts";
import {
  isAbsent,
  moveIntoPlace,
  orFailure,
  readIfThere,
  readOwn,
  writeAside,
} from "../../state/files/index.ts";
import { stateDirectory } from "../../state/owner/index.ts";
import { type ClusterConfig, type Configured, parseCluster } from "../config/index.ts";
import type { ClusterNetwork } from "./network.ts";

const DIRECTORY = "cluster";
const SUFFIX = ".json";
/** Networks that are looked at; a node has a handful. */
const NETWORKS_MAX = 256;
const DIRECTORY_MODE = 0o700;

type Env = Readonly<Record<string, string | undefined>>;

/** A note, or a configuration, that cannot be gone by. */
export interface SpoiledNetwork {
  readonly name: string;
  /** The file of a note; absent for what is configured. */
  readonly note?: string;
  readonly reason: string;
}

/** The directory of the notes: gone with the next start of the machine, as all attachments are. */
export function notesDirectory(env: Env): string {
  return `${stateDirectory(env)}/${DIRECTORY}`;
}

/** The file of a network's note. */
export function notePath(env: Env, network: string): string {
  return `${notesDirectory(env)}/${network}${SUFFIX}`;
}

/**
 * Notes the configuration with which a network is used, so that the node daemon takes part in its fleet.
 * Where it stands already, one small file is read.
 * @throws CniError of code 7 when its subnets are those of another fleet's network on this node, or have
 * addresses or routes of the node's own; of code 5 when it cannot be noted
 */
export async function noteNetwork(
  env: Env,
  { network, config }: Configured,
  cluster: ClusterConfig,
): Promise<void> {
  const directory = notesDirectory(env);
  const path = notePath(env, network);
  const { type = "", bridge, ipam = {} } = config;
  const text = printJson({ type, ...(bridge === undefined ? {} : { bridge }), ipam });
  const noted = orFailure(`cannot read ${path}`, undefined, () => readIfThere(path));
  if (noted === text) return;
  const others = notedNetworks(env).networks.filter(({ name }) => name !== network);
  refuseOverlap({ name: network, cluster }, others);
  // It speaks to the kernel: loaded for a note that is new.
  const { refuseUsed } = await import("../own-addresses/index.ts");
  refuseUsed({ name: network, cluster, ...defined({ bridge: bridgeOf(config) }) });
  orFailure(`cannot write ${path}`, undefined, () => {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
    // Two calls may do so at once, each with a file of its own.
    const aside = `${directory}/.${network}.${crypto.randomUUID()}`;
    writeAside(aside, text);
    moveIntoPlace(aside, path);
  });
}

/** Whether a note of the network stands. */
export function isNoted(env: Env, network: string): boolean {
  return existsSync(`${notesDirectory(env)}/${network}${SUFFIX}`);
}

/**
 * Takes the note away, when no container of this node has an address of the network any more. A daemon then
 * leaves the network, unless a file configures it; the next ADD notes it again.
 * @throws CniError of code 5
 */
export function removeNote(env: Env, network: string): void {
  const path = notePath(env, network);
  orFailure(`cannot remove ${path}`, undefined, () => rmSync(path, { force: true }));
}

/** The networks that have been used since the machine started. */
export function notedNetworks(env: Env): {
  readonly networks: ClusterNetwork[];
  readonly spoiled: SpoiledNetwork[];
} {
  const directory = notesDirectory(env);
  const networks: ClusterNetwork[] = [];
  const spoiled: SpoiledNetwork[] = [];
  for (const file of namesIn(directory).slice(0, NETWORKS_MAX)) {
    const name = file.slice(0, -SUFFIX.length);
    try {
      const config = parseJson(readOwn(`${directory}/${file}`));
      if (!isObject(config)) throw new Error("it is no object");
      networks.push(clusterNetwork({ network: name, config }));
    } catch (error) {
      const note = `${directory}/${file}`;
      spoiled.push({ name, note, reason: `${note}: ${errorText(error)}` });
    }
  }
  return { networks, spoiled };
}

/** @throws CniError of code 7 for a configuration that is wrong */
export function clusterNetwork(configured: Configured): ClusterNetwork {
  const { network: name, config } = configured;
  const bridge = bridgeOf(config);
  const cluster = parseCluster(configured);
  return { name, cluster, ...(bridge === undefined ? {} : { bridge }) };
}

function bridgeOf(config: JsonObject): string | undefined {
  if (config["type"] !== "bridge") return undefined;
  const name = config["bridge"];
  return typeof name === "string" && name !== "" ? name : DEFAULT_BRIDGE;
}

/**
 * Addresses of two fleets' networks must not be the same: each would give them away by itself.
 * @throws CniError of code 7
 */
export function refuseOverlap(own: ClusterNetwork, others: readonly ClusterNetwork[]): void {
  const { network, subnets } = own.cluster.fleet;
  for (const { name, cluster } of others) {
    if (cluster.fleet.network === network) {
      refuseDifference(own, { name, cluster });
      continue;
    }
    refuseShared(subnets, cluster.fleet, `the network ${name} of this node uses that one`);
  }
}

/**
 * Addresses of two fleets must not be the same.
 * @param because why that fleet matters here, as the beginning of a sentence
 * @throws CniError of code 7
 */
export function refuseShared(
  own: readonly Prefix[],
  { network, subnets }: { readonly network: string; readonly subnets: readonly Prefix[] },
  because: string,
): void {
  for (const subnet of own) {
    const other = subnets.find((each) => each.overlaps(subnet));
    if (other === undefined) continue;
    throw invalidConfig(
      `subnet ${subnet} overlaps ${other} of the fleet's network ${network}`,
      `${because}: each address can be of one network alone`,
    );
  }
}

/** A fleet has its subnets and blocks for good: of two networks that say otherwise, one is wrong. */
function refuseDifference(own: ClusterNetwork, other: ClusterNetwork): void {
  const [here, there] = [own, other].map(({ cluster }) => spacesText(cluster.fleet));
  if (here === there) return;
  throw invalidConfig(
    `the fleet's network ${own.cluster.fleet.network} is ${here} here, and ${there} in the network ${other.name}`,
    "all networks that use one of a fleet have the same subnets and block sizes",
  );
}

function spacesText({ subnets, blockSizes }: ClusterConfig["fleet"]): string {
  return subnets.map((subnet, at) => `${subnet} in blocks of /${blockSizes[at]}`).join(", ");
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith(SUFFIX) && !file.startsWith("."))
      .sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
