/** What an author writes, and what the kit makes of it. */
import type { PluginEntry, PluginIo } from "../invoke/index.ts";
import { LATEST, parseVersion, type Result, SPEC_VERSIONS } from "../spec/index.ts";
import type { Context } from "./context.ts";
import { makeEntry, makePlan } from "./entry.ts";

/** What `add` may hand back: any part of a result; nothing at all means "pass prevResult through". */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback without a return statement is meant
export type AddAnswer = Partial<Result> | undefined | void;

/**
 * A plugin as its author describes it. Verbs without a callback succeed and do nothing, after the
 * same checks of parameters and versions (specification, section 2).
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
  add(ctx: Context): Promise<AddAnswer> | AddAnswer;
  del(ctx: Context): Promise<void> | void;
  check?(ctx: Context): Promise<void> | void;
  gc?(ctx: Context): Promise<void> | void;
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
 * Makes a plugin out of its callbacks.
 * @throws RangeError for an empty name, an empty list of versions or one that is no version.
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
