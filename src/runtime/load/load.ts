import { basename, dirname, extname, join } from "node:path";
import { defined } from "../../base/index.ts";
import {
  CniError,
  checkNetworkName,
  type NetworkConfig,
  type PluginConfig,
  pluginConfigFrom,
  upconvert,
  withDropIns,
} from "../../spec/index.ts";
import { NetworkNotFoundError, NoNetworksError, type SkippedFile } from "./error.ts";
import { configFiles, readConfig } from "./files.ts";
import { locate } from "./locate.ts";
import {
  networkFromText,
  parsePluginText,
  pluginFromText,
  refuseList,
  refuseSingle,
} from "./parse.ts";

/** A network and where it comes from. */
export interface LoadedNetwork {
  readonly config: NetworkConfig;
  readonly file: string;
  /** The file each of `config.plugins` stands in: `file`, or one of the drop-in directory. */
  readonly origins: readonly string[];
}

/** A network found in a directory, and what the search came across. */
export interface FoundNetwork extends LoadedNetwork {
  /** Files that could not be read or understood; they may concern other networks. */
  readonly skipped: readonly SkippedFile[];
  /** What an administrator should know, such as a second file with the same name. */
  readonly warnings: readonly string[];
}

/** All networks of a directory. */
export interface NetworkDirectory {
  readonly networks: readonly LoadedNetwork[];
  readonly skipped: readonly SkippedFile[];
  readonly warnings: readonly string[];
}

const LIST = ".conflist";
/** The part of a line that an error shows. */
const EXCERPT = 120;
const SINGLE = [".conf", ".json"];

/**
 * Loads a network's list from a file; unless it wants only its own plugins, those in
 * `<directory of the file>/<name of the network>/*.conf` follow them. A file that cannot be read is
 * a CniError of code 5, bad JSON one of code 6, a bad configuration one of code 7.
 *
 * @example
 * ```ts
 * import { loadNetworkFile } from "hawser/runtime";
 *
 * const { config, origins } = loadNetworkFile("/etc/cni/net.d/10-hello.conflist");
 * config.plugins.length; // → 2
 * origins[1]; // → "/etc/cni/net.d/hellonet/50-more.conf"
 * ```
 */
export function loadNetworkFile(file: string): LoadedNetwork {
  return complete(file, readList(file));
}

/**
 * Loads a single plugin's configuration, as it was written before 1.0.0, as a list of one.
 * @throws CniError as `loadNetworkFile` does, also for a file that holds a list
 *
 * @example
 * ```ts
 * import { loadPluginFile } from "hawser/runtime";
 *
 * loadPluginFile("/etc/cni/net.d/90-old.conf").config.name; // → "old"
 * loadPluginFile("/etc/cni/net.d/10-hello.conflist"); // throws CniError 7: /etc/cni/net.d/10-hello.conflist holds a list of plugins
 * ```
 */
export function loadPluginFile(file: string): LoadedNetwork {
  const text = readConfig(file);
  const config = inFile(file, text, () => {
    const value = parsePluginText(text);
    refuseList(file, value);
    return upconvert(pluginConfigFrom(value));
  });
  return { config, file, origins: [file] };
}

function readList(file: string): NetworkConfig {
  const text = readConfig(file);
  return inFile(file, text, () => networkFromText(text));
}

/**
 * The plugins in `<dir>/<name>/*.conf`, in order of their file names. One that cannot be read
 * fails the whole: a network without a plugin that was meant for it is not that network.
 * @throws CniError as `loadNetworkFile` does
 *
 * @example
 * ```ts
 * import { loadDropIns } from "hawser/runtime";
 *
 * loadDropIns("/etc/cni/net.d", "hellonet").map(({ plugin }) => plugin.type); // → ["hello"]
 * ```
 */
export function loadDropIns(dir: string, name: string): { file: string; plugin: PluginConfig }[] {
  checkNetworkName(name);
  return configFiles(join(dir, name), [".conf"]).map((file) => {
    const text = readConfig(file);
    return { file, plugin: inFile(file, text, () => pluginFromText(text)) };
  });
}

/**
 * Finds a network by its name: the first `.conflist` that has it, in order of the file names,
 * else the first `.conf` or `.json`. Other files that are broken are reported in `skipped`.
 * @throws `NetworkNotFoundError` or `NoNetworksError`, else as `loadNetworkFile` does
 *
 * @example
 * ```ts
 * import { loadNetwork } from "hawser/runtime";
 *
 * const network = loadNetwork("/etc/cni/net.d", "hellonet");
 * network.file; // → "/etc/cni/net.d/10-hello.conflist"
 * network.config.plugins.map(({ type }) => type); // → ["hello", "hello"]
 * network.skipped; // → []
 * ```
 */
export function loadNetwork(dir: string, name: string): FoundNetwork {
  checkNetworkName(name);
  const { candidates, skipped, files } = scan(dir);
  const matches = candidates.filter(({ config }) => config.name === name);
  const found = matches[0];
  if (found === undefined) {
    if (files === 0) throw new NoNetworksError(dir);
    const broken = skipped.find(({ file }) => seemsToBe(file, name));
    if (broken !== undefined) throw broken.error;
    const names = candidates.map(({ config }) => config.name);
    throw new NetworkNotFoundError(dir, name, skipped, names);
  }
  const network = isList(found.file) ? complete(found.file, found.config) : asLoaded(found);
  return { ...network, skipped, warnings: duplicates(matches) };
}

/**
 * Loads all networks of a directory; of several with one name only the first. Files that cannot be
 * used are reported, not thrown; a directory that cannot be read is a CniError of code 5.
 *
 * @example
 * ```ts
 * import { loadNetworks } from "hawser/runtime";
 *
 * const { networks } = loadNetworks("/etc/cni/net.d");
 * networks.map(({ config }) => config.name); // → ["hellonet", "old"]
 * ```
 */
export function loadNetworks(dir: string): NetworkDirectory {
  const { candidates, skipped } = scan(dir);
  const networks: LoadedNetwork[] = [];
  const broken = [...skipped];
  const names = new Set<string>();
  for (const candidate of candidates) {
    if (names.has(candidate.config.name)) continue;
    names.add(candidate.config.name);
    try {
      const { file, config } = candidate;
      networks.push(isList(file) ? complete(file, config) : asLoaded(candidate));
    } catch (error) {
      broken.push({ file: candidate.file, error: error as Error });
    }
  }
  const warnings = [...names].flatMap((name) =>
    duplicates(candidates.filter(({ config }) => config.name === name)),
  );
  return { networks, skipped: broken, warnings };
}

interface Candidate {
  readonly file: string;
  readonly config: NetworkConfig;
}

/** Reads all files of a directory, lists first, without their drop-ins. */
function scan(dir: string): { candidates: Candidate[]; skipped: SkippedFile[]; files: number } {
  const files = [...configFiles(dir, [LIST]), ...configFiles(dir, SINGLE)];
  const candidates: Candidate[] = [];
  const skipped: SkippedFile[] = [];
  for (const file of files) {
    try {
      const config = isList(file) ? readList(file) : loadPluginFile(file).config;
      candidates.push({ file, config });
    } catch (error) {
      skipped.push({ file, error: error as Error });
    }
  }
  return { candidates, skipped, files: files.length };
}

function complete(file: string, list: NetworkConfig): LoadedNetwork {
  const dropIns = list.loadOnlyInlinedPlugins ? [] : loadDropIns(dirname(file), list.name);
  const plugins = dropIns.map(({ plugin }) => plugin);
  if (list.plugins.length + plugins.length === 0) refuseSingle(file, list.json);
  const config = inFile(file, list.text, () => withDropIns(list, plugins));
  const own = list.plugins.map(() => file);
  return { config, file, origins: [...own, ...dropIns.map((dropIn) => dropIn.file)] };
}

function asLoaded({ file, config }: Candidate): LoadedNetwork {
  return { config, file, origins: config.plugins.map(() => file) };
}

function isList(file: string): boolean {
  return extname(file) === LIST;
}

function duplicates(matches: readonly Candidate[]): string[] {
  const [first, ...others] = matches;
  if (first === undefined || others.length === 0) return [];
  const names = others.map(({ file }) => basename(file)).join(", ");
  return [
    `network ${JSON.stringify(first.config.name)} is configured more than once: ` +
      `${basename(first.file)} is used, ${names} not`,
  ];
}

/** Whether a file that cannot be understood is the network's, by the first name in it or by its own. */
function seemsToBe(file: string, network: string): boolean {
  const own = basename(file).replace(/^\d+-|\.[^.]+$/gu, "");
  if (own === network) return true;
  try {
    return /"name"\s*:\s*"([^"]*)"/u.exec(readConfig(file))?.[1] === network;
  } catch {
    return false;
  }
}

/** Says in which file an error was, and shows the line. */
function inFile<T>(file: string, text: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    const line = details ?? lineOf(msg, text);
    const options = { ...defined({ details: line }), cause: error };
    const advice = "correct the network's configuration";
    throw new CniError(code, msg.includes(file) ? msg : `${file}: ${msg}`, { ...options, advice });
  }
}

/** The line that a message is about: by its number, or by the key that it names. */
function lineOf(msg: string, text: string): string | undefined {
  const [, line, column] = /line (\d+):(\d+)/u.exec(msg) ?? [];
  if (line !== undefined) {
    const at = Number(column) - 1;
    const shown = text.split("\n")[Number(line) - 1]?.trimEnd() ?? "";
    return `line ${line}: ${printable(`${shown.slice(0, at)}⟨here⟩${shown.slice(at)}`)}`;
  }
  const [, key = ""] = /['"]([^'"]+)['"]/u.exec(msg) ?? [];
  const place = key === "" ? undefined : locate(text, [key]);
  return place === undefined ? undefined : `line ${place.line}: ${printable(place.text)}`;
}

/** A line as a terminal may show it. */
function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, " ").slice(0, EXCERPT);
}
