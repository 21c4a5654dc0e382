/** What an author writes, and what the kit makes of it. */
import type { PluginEntry, PluginIo } from "../invoke/index.ts";
import { LATEST, parseVersion, type Result, SPEC_VERSIONS } from "../spec/index.ts";
import type { Context } from "./context.ts";
import { makeEntry, makePlan } from "./entry.ts";

/** What `add` may hand back: any part of a result; nothing at all means "pass prevResult through". */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback without a return statement is meant
export type AddAnswer = Partial<Result> | undefined | void;

/**
 * A plugin as its author describes it. Operations without a callback succeed and do nothing, after
 * the same checks of parameters and versions (specification, section 2).
 */
export interface PluginDefinition {
  /** The name shown to people: `CNI <name> plugin v<version>`. */
  readonly name: string;
  /** The plugin's own version, without "v"; not a version of the protocol. */
  readonly version?: string;
  /** Supported protocol versions, oldest first. Default: all of them. */
  readonly versions?: readonly string[];
  /** Replaces the line that is shown when the plugin is started by hand; "" makes that an error. */
  readonly about?: string;
  /**
   * Whether CNI_PATH must be set for ADD, DEL, CHECK and STATUS. The specification calls it
   * optional there; callers of existing plugins know it as required, so that is the default.
   * GC always needs it.
   */
  readonly requirePath?: boolean;
  /** Makes the attachment; its answer is printed in the version of the configuration. */
  add(ctx: Context): Promise<AddAnswer> | AddAnswer;
  /** Takes it away; what is already gone is no error. */
  del(ctx: Context): Promise<void> | void;
  /** Throws when the attachment is not as ADD left it. Asked from version 0.4.0 on. */
  check?(ctx: Context): Promise<void> | void;
  /** Removes what belongs to none of `validAttachments`. Asked from version 1.1.0 on. */
  gc?(ctx: Context): Promise<void> | void;
  /** Throws (code 50 or 51) when an ADD could not be served now. Asked from version 1.1.0 on. */
  status?(ctx: Context): Promise<void> | void;
  /** Says, one line a step, what ADD would do, and touches nothing. */
  plan?(ctx: Context): Promise<readonly string[]> | readonly string[];
}

/** A definition with every default filled in. */
export interface Plugin {
  readonly name: string;
  /** The line that is shown when the plugin is started by hand; may be empty. */
  readonly about: string;
  /** Supported protocol versions, oldest first. */
  readonly versions: readonly string[];
  readonly requirePath: boolean;
  readonly definition: PluginDefinition;
  /** Serves one call, whatever the door: reads the parameters, writes one answer, gives the exit code. */
  readonly entry: PluginEntry;
  /** What ADD would do with these parameters; absent when the author gave no `plan`. */
  readonly plan?: (io: PluginIo) => Promise<string[]>;
}

/**
 * Makes a plugin out of its callbacks. What they throw is printed as an error object: a `CniError`
 * with its own code, all else with code 999 (specification, section 5, error).
 * @throws RangeError for an empty name, an empty list of versions or one that is no version.
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
  if (name === "") {
    throw new RangeError("a plugin needs a name");
  }
  const versions = definition.versions ?? SPEC_VERSIONS;
  if (versions.length === 0) {
    throw new RangeError(`plugin ${name} supports no version at all`);
  }
  for (const v of versions) {
    parseVersion(v);
  }
  const title = `CNI ${name} plugin${version === undefined ? "" : ` v${version}`}`;
  const served = {
    name,
    about: definition.about ?? title,
    versions,
    requirePath: definition.requirePath ?? true,
    definition,
  };
  const entry = makeEntry(served);
  if (definition.plan === undefined) {
    return { ...served, entry };
  }
  return { ...served, entry, plan: makePlan(served) };
}

/** The version of the protocol that a plugin speaks when nobody said which. */
export function newestVersion(plugin: Pick<Plugin, "versions">): string {
  return plugin.versions.at(-1) ?? LATEST;
}
