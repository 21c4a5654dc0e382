/** A plugin: what its author writes, and what the kit makes of that. */
import type { PluginEntry, PluginIo } from "../invoke/index.ts";
import type { Result } from "../spec/index.ts";
import type { Context } from "./context.ts";
import type { Plan, PlanStep } from "./plan.ts";

/** What `add` may hand back: any part of a result; nothing at all means "pass prevResult through". */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback without a return statement is meant
export type AddAnswer = Partial<Result> | undefined | void;

/**
 * A plugin as its author describes it. Operations without a callback succeed and do nothing, after
 * the same checks of parameters and versions (specification, section 2).
 */
export interface PluginDefinition {
  /**
   * What configurations have as `type`, and executables as their names. Shown to people, as
   * `CNI <name> plugin v<version>`; a program of several plugins is called by it.
   */
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
  /**
   * Where the locks of `ctx.locked` lie, for a plugin that does not run as root or keeps its files
   * elsewhere; default `/run/cni-locks/<name>`. It is made when it is needed, and is its user's alone.
   */
  readonly lockDirectory?: string | ((ctx: Context) => string);
  /** Makes the attachment; its answer is printed in the version of the configuration. */
  add(ctx: Context): Promise<AddAnswer> | AddAnswer;
  /** Takes it away; what is already gone is no error. */
  del(ctx: Context): Promise<void> | void;
  /** Compares the attachment with what ADD made; a difference is thrown. Asked from version 0.4.0 on. */
  check?(ctx: Context): Promise<void> | void;
  /** Removes what belongs to none of `validAttachments`. Asked from version 1.1.0 on. */
  gc?(ctx: Context): Promise<void> | void;
  /** An error of code 50 or 51 says that no ADD could be served now. Asked from version 1.1.0 on. */
  status?(ctx: Context): Promise<void> | void;
  /** Says, one line or object a step, what ADD would do, and touches nothing. */
  plan?(ctx: Context): Promise<readonly PlanLine[]> | readonly PlanLine[];
  /**
   * Says what the operation of the context, ADD, DEL or GC, would do to what stands now: it looks, and
   * touches nothing. Without it `hawser plan` tells what `plan` says, and of DEL and GC nothing.
   */
  compare?(ctx: Context): Promise<Plan> | Plan;
  /**
   * Puts back what CHECK misses and what is proved to be the attachment's, and tells of every piece.
   * No operation of the protocol: it is a CHECK with `REPAIR_VARIABLE` in its environment.
   */
  repair?(ctx: Context, options: RepairOptions): Promise<readonly Repair[]>;
}

/** How a repair is done. */
export interface RepairOptions {
  /** Nothing is touched: the report says what could be put back. */
  readonly dryRun: boolean;
}

/** What a repair found of one piece of an attachment, and what came of it. */
export interface Repair {
  /** The piece's name, such as "port mappings". */
  readonly piece: string;
  /** "restorable" is for what a dry run has left alone, "left" for what could not be put back. */
  readonly state: "fine" | "restored" | "restorable" | "left";
  /** What CHECK missed; absent where the piece is fine. */
  readonly missed?: string;
  /** Why it could not be put back. */
  readonly reason?: string;
  /** What mends it. */
  readonly advice?: string;
}

/** A step of a plan as an author may write it: a line such as `route: to 10.0.0.0/8`, or an object. */
export type PlanLine = string | PlanStep;

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
  /**
   * What the operation that `CNI_COMMAND` names, ADD, DEL or GC, would do to what stands now; undefined
   * for an operation of which the plugin says nothing. Absent when the author gave neither `compare`
   * nor `plan`.
   */
  readonly compare?: (io: PluginIo) => Promise<Plan | undefined>;
}
