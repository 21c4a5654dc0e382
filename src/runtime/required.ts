import type { Executor } from "../invoke/index.ts";
import {
  CniError,
  ErrorCode,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  type PluginConfig,
} from "../spec/index.ts";

/** How deep delegates of delegates are followed: what a configuration says has to end. */
const MAX_DEPTH = 4;

/** A plugin that another one will call. */
interface Delegated {
  readonly type: string;
  /** Directories that the calling plugin searches beside those of the runtime. */
  readonly dirs: readonly string[];
}

/**
 * Looks for the plugins that a plugin hands its calls on to, as far as its configuration names them:
 * its IPAM plugin, and what stands in `delegate` and `delegates`, as flannel and multus have it.
 * @throws CniError of code 50 for the first that is not installed, 7 for a type that is none
 */
export async function findDelegates(
  executor: Executor,
  plugin: PluginConfig,
  pluginDirs: readonly string[],
): Promise<void> {
  for (const { type, dirs } of delegatesOf(plugin.json)) {
    try {
      await executor.find(type, [...pluginDirs, ...dirs]);
    } catch (thrown) {
      if (!(thrown instanceof CniError) || thrown.code !== ErrorCode.PLUGIN_NOT_AVAILABLE) {
        throw thrown;
      }
      const details = `plugin ${JSON.stringify(plugin.type)} hands its calls on to it`;
      throw new CniError(thrown.code, thrown.msg, { details, cause: thrown });
    }
  }
}

function* delegatesOf(
  config: JsonObject,
  above: readonly string[] = [],
  depth = 0,
): Generator<Delegated, void> {
  if (depth >= MAX_DEPTH) return;
  const own = field(config, "binDir");
  const dirs = typeof own === "string" && own !== "" ? [...above, own] : above;
  for (const key of ["ipam", "delegate", "delegates"] as const) {
    for (const part of partsOf(field(config, key))) {
      const type = field(part, "type");
      if (typeof type === "string" && type !== "") yield { type, dirs };
      yield* delegatesOf(part, dirs, depth + 1);
    }
  }
}

/** The configurations of plugins in a value: one, several, or those of a list. */
function partsOf(value: JsonValue | undefined): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(partsOf);
  if (!isObject(value)) return [];
  return [value, ...partsOf(field(value, "plugins"))];
}
