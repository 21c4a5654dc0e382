import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Commands, packageDirOf, USUAL_PLUGIN_DIRS } from "../../install/index.ts";
import { completionScript } from "../completion/index.ts";
import type { CliIo } from "../io.ts";
import { type ManualSource, manualPages } from "../manual/index.ts";
import { VERSION } from "../version.ts";

/** What `install` puts beside the plugins, so that a shell finds commands, manual and completions. */

const PREFIX = "/usr/local";

export interface WhereCommands {
  readonly prefix?: string;
  /** False with --no-commands. */
  readonly commands?: boolean;
}

export interface Extras {
  readonly commands?: Commands;
  /** Why there are none, where that is not what was asked for. */
  readonly note?: string;
}

/**
 * An installation in a directory that clients look into is the node's, and has them; one elsewhere only
 * with a prefix.
 */
export async function extrasOf(
  io: CliIo,
  binDir: string,
  options: WhereCommands,
  manual: ManualSource,
): Promise<Extras> {
  const { prefix } = options;
  if (options.commands === false) return {};
  if (prefix === undefined && packageDirOf(io.program) !== undefined) {
    return { note: "no commands, manual and completions: the package hawser has them" };
  }
  if (prefix === undefined && !USUAL_PLUGIN_DIRS.includes(binDir)) return {};
  const commands = await commandsBelow(resolve(io.cwd, prefix ?? PREFIX), manual);
  if (prefix !== undefined) return { commands };
  const closed = Object.keys(commands.texts).find((path) => !isWritable(join(PREFIX, path)));
  if (closed === undefined && isWritable(join(PREFIX, "bin/hawser"))) return { commands };
  return {
    note: `no commands, manual and completions: ${PREFIX} cannot be written; --prefix names another`,
  };
}

/** The commands, manual and completions below a prefix. */
export async function commandsBelow(prefix: string, manual: ManualSource): Promise<Commands> {
  const { program } = manual;
  const pages = await manualPages(manual, VERSION);
  return {
    prefix,
    links: ["hawser", "cnitool"],
    texts: {
      ...Object.fromEntries(
        Object.entries(pages).map(([path, text]) => [`share/man/${path}`, text]),
      ),
      "share/bash-completion/completions/hawser": completionScript(program, "bash"),
      "share/zsh/site-functions/_hawser": completionScript(program, "zsh"),
      "share/fish/vendor_completions.d/hawser.fish": completionScript(program, "fish"),
    },
  };
}

/** Whether a file can be made there, and the directories that are missing. */
function isWritable(path: string): boolean {
  let dir = dirname(path);
  while (!existsSync(dir) && dir !== "/") dir = dirname(dir);
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
