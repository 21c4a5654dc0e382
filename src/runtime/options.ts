import type { Executor, StepReport, TraceContext } from "../invoke/index.ts";
import type { CniError, JsonObject, Operation, PartialEnvironment } from "../spec/index.ts";

/** The attachment an operation is about, and what goes with it (libcni's RuntimeConf). */
export interface RuntimeConf {
  /** `CNI_CONTAINERID`; checked, a bad one is an error of code 3 or 4. */
  readonly containerId: string;
  /** Path of the network namespace; for DEL empty when it is gone. */
  readonly netns: string;
  /** `CNI_IFNAME`; checked, a bad one is an error of code 4. */
  readonly ifName: string;
  /** `CNI_ARGS`; for CHECK and DEL absent means: those of the ADD. */
  readonly args?: readonly (readonly [string, string])[];
  /** Values of capabilities by name; for CHECK and DEL absent means: those of the ADD. */
  readonly capabilityArgs?: JsonObject;
}

/** A plugin's part of an operation, reported when it has ended. */
export interface PluginReport {
  readonly operation: Operation;
  readonly network: string;
  /** The plugin's type. */
  readonly type: string;
  /** Place of the plugin in its network, from 0. */
  readonly position: number;
  /** Absent when no executable was found. */
  readonly path?: string;
  /** From the start of the call to its end, in milliseconds. */
  readonly ms: number;
  /** Absent when it succeeded. */
  readonly error?: CniError;
  /** True for the DEL that takes a failed ADD back. */
  readonly cleanup: boolean;
}

/** Whose text a piece of stderr is. */
export interface StderrSource {
  readonly operation: Operation;
  readonly type: string;
}

/**
 * How a `Runtime` works. Times are in milliseconds. The callbacks look on: what one of them throws is
 * dropped, and the operation goes on.
 */
export interface RuntimeOptions {
  /** Where plugins are searched (`CNI_PATH`). */
  readonly pluginDirs: readonly string[];
  /** Where attachments are remembered; default `/var/lib/cni`, as libcni. */
  readonly cacheDir?: string;
  /** Runs the plugins; default: as processes. */
  readonly executor?: Executor;
  /** What plugins inherit; default the environment of this process when the runtime is made. */
  readonly env?: PartialEnvironment;
  /** The longest one plugin may take; default: as long as it likes. */
  readonly timeoutMs?: number;
  /** The same for each DEL that takes a failed ADD back; default `timeoutMs`, else 30,000. */
  readonly cleanupTimeoutMs?: number;
  /** Takes a failed ADD back with DEL of all plugins; default true. */
  readonly cleanup?: boolean;
  /** Refuses ADD for what is attached already in this boot of the machine; default true. */
  readonly refuseDuplicate?: boolean;
  /** Notes an ADD before it starts, so that GC finds one that was killed; default true. */
  readonly journal?: boolean;
  /** DEL goes on after a plugin's error, and throws all errors at the end; default false. */
  readonly continueOnError?: boolean;
  /** Waits for the disk at each write to the cache; default false. */
  readonly fsync?: boolean;
  /** Keeps operations apart as the specification asks; default true. */
  readonly locks?: boolean;
  /** Sends what libcni sends against the specification (D10 to D12); default false. */
  readonly libcni?: boolean;
  /** The span the operation belongs to, asked once per plugin. */
  readonly trace?: () => TraceContext | undefined;
  /** Called before each plugin is run. */
  readonly onPluginStart?: (start: Omit<PluginReport, "ms" | "error">) => void;
  /** Called when a plugin has ended, well or not. */
  readonly onPlugin?: (report: PluginReport) => void;
  /** Called after each step of plugins that run in this process. */
  readonly onStep?: (step: StepReport) => void;
  /** Gets what plugins write to stderr, as it comes. */
  readonly onStderr?: (text: string, source: StderrSource) => void;
  /** What went wrong without failing the operation. */
  readonly onWarning?: (text: string) => void;
}

/** What goes with one operation. */
export interface CallOptions {
  /** Aborts waiting and the running plugin. */
  readonly signal?: AbortSignal;
  /** The longest one plugin may take, in milliseconds, instead of the runtime's. */
  readonly timeoutMs?: number;
}
