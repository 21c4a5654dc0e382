import { isAbsolute, join, resolve } from "node:path";
import { confDirOf, DEFAULT_PLUGIN_DIR, errorText } from "../base/index.ts";
import { splitPath } from "../invoke/index.ts";
import {
  type LoadedNetwork,
  loadNetwork,
  loadNetworkFile,
  loadPluginFile,
  type RuntimeConf,
} from "../runtime/index.ts";
import {
  CniError,
  checkContainerId,
  checkIfName,
  ErrorCode,
  type JsonObject,
  type NetworkConfig,
  parseArgs,
  parseJson,
} from "../spec/index.ts";
import type { CliIo } from "./io.ts";
import { capabilitiesOf } from "./values.ts";

/** Where `ip netns` keeps namespaces by name. */
export const NETNS_DIR = "/run/netns";
/** The interface in the container unless an option or CNI_IFNAME says otherwise. */
export const DEFAULT_IFNAME = "eth0";
const HASH_BYTES = 10;

/** The options that more than one command has, as they were given. */
export interface CommonOptions {
  readonly ifname?: string;
  readonly id?: string;
  readonly arg?: [string, string][];
  readonly cap?: JsonObject;
  readonly port?: JsonObject[];
  readonly mac?: string;
  readonly ip?: string[];
  readonly confDir?: string;
  readonly cacheDir?: string;
  readonly pluginDir?: string[];
  readonly timeout?: number;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** A mistake of the caller that the command tree cannot see. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The directories in which plugins are searched, in order. */
export function pluginDirs(io: CliIo, options: CommonOptions): string[] {
  if (options.pluginDir !== undefined) return options.pluginDir.map((dir) => resolve(io.cwd, dir));
  const path = splitPath(io.env["CNI_PATH"] ?? "");
  if (path.length > 0) return path;
  return [...(io.ownPluginDirs ?? [DEFAULT_PLUGIN_DIR])];
}

/** The directory in which networks are searched by name. */
export function confDir(io: CliIo, options: Pick<CommonOptions, "confDir">): string {
  return resolve(io.cwd, options.confDir ?? confDirOf(io.env));
}

/** A network by its name, or by a file when the text has a slash in it. */
export function findNetwork(
  io: CliIo,
  network: string,
  options: CommonOptions,
): LoadedNetwork & { warnings: readonly string[] } {
  if (!network.includes("/")) return loadNetwork(confDir(io, options), network);
  const file = resolve(io.cwd, network);
  const loaded = file.endsWith(".conflist") ? loadNetworkFile(file) : loadPluginFile(file);
  return { ...loaded, warnings: [] };
}

/** The path of a namespace; a word without a slash is a name that `ip netns` knows. */
export function netnsPath(io: CliIo, netns: string): string {
  if (netns === "") return "";
  if (netns.includes("/")) return resolve(io.cwd, netns);
  return join(NETNS_DIR, netns);
}

/** A container ID made of a namespace's path, so that DEL and CHECK find what ADD did. */
export function idOf(prefix: string, netns: string): string {
  if (!isAbsolute(netns)) throw new UsageError("without a namespace --id must say which container");
  const digest = Bun.CryptoHasher.hash("sha512", netns, "hex");
  return `${prefix}-${digest.slice(0, 2 * HASH_BYTES)}`;
}

/**
 * The attachment that a command is about. What was not said stays open, for DEL and CHECK.
 * @param containerId in place of the one that the options name
 */
export function attachmentConf(
  io: CliIo,
  netns: string,
  options: CommonOptions,
  containerId: string = options.id ?? idOf("hawser", netnsPath(io, netns)),
): RuntimeConf {
  const path = netnsPath(io, netns);
  checkContainerId(containerId);
  const ifName = options.ifname ?? (io.env["CNI_IFNAME"] || DEFAULT_IFNAME);
  checkIfName(ifName);
  const args = options.arg ?? argsOfEnvironment(io);
  const capabilityArgs = capabilities(io, options);
  return {
    containerId,
    netns: path,
    ifName,
    ...(args && { args }),
    ...(capabilityArgs && { capabilityArgs }),
  };
}

function argsOfEnvironment({ env }: CliIo): [string, string][] | undefined {
  return env["CNI_ARGS"] ? parseArgs(env["CNI_ARGS"]) : undefined;
}

/** CAP_ARGS, `--cap`, and the short forms, of which the last named wins over the first. */
function capabilities({ env }: CliIo, options: CommonOptions): JsonObject | undefined {
  const { cap, port, mac, ip } = options;
  const given = [env["CAP_ARGS"], cap, port, mac, ip].some((value) => value);
  if (!given) return undefined;
  return {
    ...(env["CAP_ARGS"] ? capabilitiesOfText(env["CAP_ARGS"]) : {}),
    ...cap,
    ...(port && { portMappings: port }),
    ...(mac !== undefined && { mac }),
    ...(ip && { ips: ip }),
  };
}

function capabilitiesOfText(text: string): JsonObject {
  try {
    return capabilitiesOf(parseJson(text));
  } catch (error) {
    const why = errorText(error);
    const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
    throw new CniError(code, `CAP_ARGS cannot be read: ${why}`, {
      advice: 'write a JSON object, such as {"mac": "02:00:00:00:00:05"}',
    });
  }
}

/**
 * Refuses what no plugin of the network would hear of: a plugin gets only the capabilities that it
 * declares, and a port mapping must not be lost without a word.
 */
export function requireCapabilities(network: NetworkConfig, wanted: JsonObject | undefined): void {
  const declared = new Set(
    network.plugins.flatMap(({ capabilities: own }) =>
      Object.keys(own).filter((name) => own[name] === true),
    ),
  );
  const lost = Object.keys(wanted ?? {}).filter((name) => !declared.has(name));
  if (lost.length === 0) return;
  const list = declared.size === 0 ? "none" : [...declared].sort().join(", ");
  throw new UsageError(
    `no plugin of network ${network.name} takes the capability ${lost.join(", ")}; ` +
      `it has: ${list}`,
  );
}
