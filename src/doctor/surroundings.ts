/** Where things of this node lie, and what runs the examination. */
import type { Env } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";

/** The node as an examination is called for it. */
export interface Node {
  readonly env: Env;
  readonly confDir: string;
  readonly cacheDir: string;
  readonly stateDir: string;
  readonly pluginDirs: readonly string[];
  readonly runtime: Runtime;
  /** Of this executable. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Bases of paths that belong to the system, so that another root can be examined. */
  readonly root: string;
}
