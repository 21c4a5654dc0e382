/** Making a plugin out of its definition. */
import { checkPluginType, LATEST, parseVersion, SPEC_VERSIONS } from "../spec/index.ts";
import { makeComparison, makeEntry, makePlan } from "./entry.ts";
import type { Plugin, PluginDefinition } from "./plugin.ts";

/**
 * Makes a plugin out of its callbacks. What they throw is printed as an error object: a `CniError`
 * with its own code, all else with code 999 (specification, section 5, error).
 * @throws RangeError for a name that no executable can have, and for an empty list of versions; CniError of
 *   code 6 for what is no version.
 *
 * @example
 * ```ts
 * import { definePlugin, type Result, tryPlugin } from "hawser/plugin";
 *
 * const plugin = definePlugin({
 *   name: "fixed",
 *   version: "1.0.0",
 *   add: (): Partial<Result> => ({ ips: [{ address: "10.1.0.2/16" }] }),
 *   del() {},
 * });
 * const config = { cniVersion: "1.1.0", name: "dbnet", type: "fixed" };
 * const { exitCode, json } = await tryPlugin(plugin, { operation: "ADD", config });
 * exitCode; // → 0
 * json; // → { cniVersion: "1.1.0", ips: [{ address: "10.1.0.2/16" }] }
 * ```
 */
export function definePlugin(definition: PluginDefinition): Plugin {
  const { name, version } = definition;
  if (name === "") throw new RangeError("a plugin needs a name");
  if (!isPluginType(name)) throw new RangeError(`no plugin can be called ${JSON.stringify(name)}`);
  const versions = definition.versions ?? SPEC_VERSIONS;
  if (versions.length === 0) throw new RangeError(`plugin ${name} supports no version at all`);
  for (const v of versions) parseVersion(v);
  const title = `CNI ${name} plugin${version === undefined ? "" : ` v${version}`}`;
  const served = {
    name,
    about: definition.about ?? title,
    versions,
    requirePath: definition.requirePath ?? true,
    definition,
  };
  const entry = makeEntry(served);
  const { plan, compare } = definition;
  return {
    ...served,
    entry,
    ...(plan && { plan: makePlan(served) }),
    ...((plan || compare) && { compare: makeComparison(served) }),
  };
}

/** The name is a part of paths, such as that of its locks. */
function isPluginType(name: string): boolean {
  try {
    checkPluginType(name);
    return true;
  } catch {
    return false;
  }
}

/** The version of the protocol that a plugin speaks where none is given. */
export function newestVersion(plugin: Pick<Plugin, "versions">): string {
  return plugin.versions.at(-1) ?? LATEST;
}
