import type { Context } from "../plugin/index.ts";
import type { Attachment } from "../spec/index.ts";
import type { Namespaces } from "./namespaces/index.ts";

/** One call of a plugin as its kinds see it. */
export interface Scene {
  readonly ctx: Context;
  /** Whose state the call is about; container ID and interface name are "" for GC and STATUS. */
  readonly owner: Attachment;
  readonly namespaces: Namespaces;
}

/** A call whose configuration has been read and judged: ADD, CHECK, STATUS and `plan`. */
export interface ConfiguredScene<Config> extends Scene {
  readonly config: Config;
}
