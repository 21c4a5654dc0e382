import type { Context } from "../plugin/index.ts";
import type { Attachment } from "../spec/index.ts";
import type { Namespaces } from "./namespaces/index.ts";

/** One call of a plugin that keeps nothing but files of the host. */
export interface FileScene {
  readonly ctx: Context;
  /** Whose state the call is about; container ID and interface name are "" for GC and STATUS. */
  readonly owner: Attachment;
}

/** One call of a plugin as its kinds see it. */
export interface Scene extends FileScene {
  readonly namespaces: Namespaces;
}

/** A call whose configuration has been read and judged: ADD, CHECK, STATUS and `plan`. */
export type ConfiguredScene<Config, S extends FileScene = Scene> = S & { readonly config: Config };
