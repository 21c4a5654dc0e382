import { errorText } from "../base/index.ts";
import {
  atLeast,
  type NetworkConfig,
  OLDEST,
  parseResult,
  type Result,
  resultAs,
} from "../spec/index.ts";
import type { CacheEntry } from "./cache/index.ts";

/** The result in the version of the network's configuration, whatever version a plugin chose. */
export function normalise(
  list: NetworkConfig,
  type: string,
  result: Result,
  warn: ((text: string) => void) | undefined,
): Result {
  const wanted = list.cniVersion || OLDEST;
  if (result.cniVersion === wanted) return result;
  const converted = resultAs(result, wanted);
  warn?.(
    `plugin ${JSON.stringify(type)} answered in version ${JSON.stringify(result.cniVersion)} ` +
      `to a configuration of version ${JSON.stringify(wanted)}; its result was converted`,
  );
  return converted;
}

/**
 * The remembered result in the version of the network's present configuration; undefined when
 * there is none.
 * @throws CniError when it cannot be read or converted
 */
export function cachedResultOf(
  list: NetworkConfig,
  entry: CacheEntry | undefined,
): Result | undefined {
  if (entry?.result === undefined) return undefined;
  // A result without a version is as old as versions are, whatever the configuration says now.
  return resultAs(parseResult(entry.result, ""), list.cniVersion);
}

/** The same for DEL, which goes on without a result rather than fail. */
export function cachedResultForDel(
  list: NetworkConfig,
  entry: CacheEntry | undefined,
  warn: ((text: string) => void) | undefined,
): Result | undefined {
  if (!atLeast(list.cniVersion, "0.4.0")) return undefined;
  try {
    return cachedResultOf(list, entry);
  } catch (error) {
    warn?.(`DEL goes on without the cached result, which cannot be used: ${errorText(error)}`);
    return undefined;
  }
}
