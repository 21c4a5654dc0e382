import { isDeepStrictEqual } from "node:util";
import { errorText } from "../base/index.ts";
import {
  isObject,
  type NetworkConfig,
  networkConfigFrom,
  parseJson,
  pluginConfigFrom,
  upconvert,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";
import { effectiveConfig } from "./effective.ts";

/**
 * The configuration by which DEL and CHECK work: that of the ADD, as far as it is remembered. A file
 * may have changed since, and what it does not name any more is attached all the same.
 *
 * @param now the configuration as it is now
 * @param warn is called when the two differ
 */
export function networkOfAdd(
  now: NetworkConfig,
  entry: CacheEntry | undefined,
  warn: ((text: string) => void) | undefined,
): NetworkConfig {
  const text = entry?.config;
  if (text === undefined || text === effectiveConfig(now)) return now;
  // libcni remembers the text of the file, without drop-in plugins.
  if (entry?.createdAt === undefined && text === now.text) return now;
  const name = JSON.stringify(now.name);
  try {
    const then = rememberedNetwork(text);
    if (then.plugins.length === 0) throw new Error("it has no plugins");
    if (then.name !== now.name) throw new Error(`it is of network ${JSON.stringify(then.name)}`);
    if (isSameNetwork(then, now)) return now;
    const [before, after] = [pluginsOf(then), pluginsOf(now)];
    const difference = before === after ? "" : ` (then ${before}, now ${after})`;
    warn?.(
      `the configuration of network ${name} has changed since the ADD; that of the ADD is used${difference}`,
    );
    return then;
  } catch (error) {
    warn?.(
      `the configuration that the ADD of network ${name} had cannot be used: ${errorText(error)}`,
    );
    return now;
  }
}

/**
 * Reads a remembered configuration: of a list, or of one plugin, as libcni remembers it.
 * @throws CniError of code 6 or 7
 */
export function rememberedNetwork(text: string): NetworkConfig {
  const value = parseJson(text);
  if (isObject(value) && value["plugins"] === undefined && value["type"] !== undefined) {
    return upconvert(pluginConfigFrom(value));
  }
  return networkConfigFrom(value, text);
}

function isSameNetwork(one: NetworkConfig, other: NetworkConfig): boolean {
  return (
    one.cniVersion === other.cniVersion &&
    isDeepStrictEqual(
      one.plugins.map(({ json }) => json),
      other.plugins.map(({ json }) => json),
    )
  );
}

function pluginsOf({ plugins }: NetworkConfig): string {
  return plugins.map(({ type }) => type).join(", ");
}
