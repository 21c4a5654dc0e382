import type { Environment, JsonSource, Operation, Result } from "../spec/index.ts";

/** What one step of a plugin did, for people. */
export interface StepReport {
  /** The plugin's type. */
  readonly plugin: string;
  /** The kind of step, such as `veth pair`. */
  readonly step: string;
  /** What was done, in one line. */
  readonly text: string;
  /** How long the step took, in milliseconds. */
  readonly ms: number;
}

/** Services of the process that runs a plugin, when that process lives on: the daemon. */
export interface DaemonServices {
  /** A path that leads this process to the namespace that the caller named in `CNI_NETNS`. */
  readonly netnsPath?: string;
  /**
   * Deletes links while this process goes on, perhaps together with those of other calls. Resolves
   * when they are gone; those that were gone already are fine. `netnsPath` leads this process to
   * their namespace, when that is not the host's.
   */
  readonly deleteLinks?: (indexes: readonly number[], netnsPath?: string) => Promise<void>;
  /** Called with the error of a call that fails, that of a delegate too, before it is printed. */
  readonly failed?: (error: unknown) => void;
}

/** What the caller of a plugin has to know about it before it calls. */
export interface PluginTraits {
  /**
   * Of an IPAM plugin: DEL speaks over the attachment's link, to give the address back. The link
   * then has to stay usable until that DEL has ended.
   */
  readonly releaseNeedsLink: boolean;
}

/** One request to one plugin, complete: what goes into its process. */
export interface PluginCall {
  readonly operation: Operation;
  /** The plugin's type, for messages. */
  readonly type: string;
  /** The executable, as `Executor.find` gave it. */
  readonly path: string;
  /** The request configuration; a plugin of this process takes the value of a document. */
  readonly stdin: JsonSource;
  /** The whole environment; nothing is inherited beside it. */
  readonly env: Environment;
  /** Ends the call and everything the plugin started. */
  readonly signal?: AbortSignal;
  /** The longest the plugin may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Gets what the plugin writes to stderr, as it comes. */
  readonly onStderr?: (text: string) => void;
  /** Called after each step of plugins that run in this process. */
  readonly onStep?: (step: StepReport) => void;
  /** For plugins that run in this process. */
  readonly daemonServices?: DaemonServices;
  /** Runs what a plugin of this process delegates to; default: the executor that runs the call. */
  readonly executor?: Executor;
}

/** How a plugin ended and what it printed, not yet judged. */
export interface PluginAnswer {
  /** All that it printed; a plugin of this process has its result printed when this is read. */
  readonly stdout: string;
  /** What `stdout` says, from a plugin of this process that gave a result. */
  readonly result?: Result;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended it, such as `SIGSEGV`. */
  readonly signal: string | null;
  /** From the start of the call to its end, in milliseconds. */
  readonly ms: number;
}

/**
 * How plugins are found and run: as processes, in this process, or any other way. `run` gives an
 * answer when the plugin ended by itself, and throws a `PluginFailure` when it could not be
 * started, was aborted, took too long or printed too much.
 */
export interface Executor {
  /** The executable of a type, as `findPlugin` finds it and with its errors. */
  find(type: string, paths: readonly string[]): Promise<string> | string;
  /** Serves one call. */
  run(call: PluginCall): Promise<PluginAnswer>;
  /** What is known of every plugin of a type, ours or not; undefined where nothing is known. */
  traits?(type: string): PluginTraits | undefined;
}
