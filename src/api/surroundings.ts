import type { Env } from "../base/index.ts";
import type { NodeForm } from "../forms/index.ts";
import type { Runtime } from "../runtime/index.ts";
import type { Places } from "../view/sources/index.ts";

/** How the node daemon is. */
export interface DaemonState {
  readonly now: () => Promise<NodeForm["daemon"]>;
  /** Calls when that may have changed, until it is disposed of. */
  readonly follow: (changed: () => void) => Disposable;
}

/** Where an API stands, and what it is made of. */
export interface Surroundings {
  readonly env: Env;
  readonly places: Places;
  /** Of this executable. */
  readonly version: string;
  /** What answers. */
  readonly by: NodeForm["by"];
  readonly isRoot: boolean;
  readonly daemon: DaemonState;
  /** Where plugins are searched, in order. */
  readonly pluginDirs: readonly string[];
  /** Asks plugins for the versions that they support. */
  readonly runtime: () => Runtime;
  /** Where the daemon listens, and where the DHCP daemon does. */
  readonly sockets: { readonly daemon: string; readonly dhcp: string };
  /** All answers are of the moment of the first question, as those of a report have to be. */
  readonly isOfOneMoment?: boolean;
}
