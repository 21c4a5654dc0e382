/** Several plugins in one program. */
import { basename, extname } from "node:path";
import { nearest } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import type { Plugin } from "./plugin.ts";

/** What a process was started as. */
interface Started {
  readonly argv0: string;
  readonly argv: readonly string[];
}

/**
 * The plugin that a process was started as: of several the one whose name is that of the file by which
 * it was called, a link for instance, or its first argument.
 * @throws CniError of code 4 when it is none of them, RangeError for names that are not distinct
 */
export function calledAs(plugins: Plugin | readonly Plugin[], started: Started): Plugin {
  if (isOne(plugins)) return plugins;
  const names = plugins.map(({ name }) => name);
  if (names.length === 0) throw new RangeError("a program without plugins");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`two plugins of one program are called ${twice}`);
  const { argv0, argv } = started;
  const [, script = "", word = ""] = argv;
  const candidates = [argv0, script].map((path) => basename(path)).flatMap(withoutExtension);
  for (const candidate of [...candidates, word]) {
    const found = plugins.find(({ name }) => name === candidate);
    if (found !== undefined) return found;
  }
  // A compiled program has its own name in argv0, a script in the second place.
  const called = candidates.find((name) => !["bun", "node"].includes(name)) ?? "";
  const meant = nearest(called, names);
  const msg = `this program is the plugins ${names.join(", ")}, and was called as "${called}"`;
  const details = `link it under one of these names${meant === undefined ? "" : `: ${meant}?`}`;
  throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, { details });
}

function isOne(plugins: Plugin | readonly Plugin[]): plugins is Plugin {
  return !Array.isArray(plugins);
}

/** The name as it is, and without `.mjs` or the like: plugin types may have dots in them. */
function withoutExtension(name: string): string[] {
  const extension = extname(name);
  return extension === "" ? [name] : [name, basename(name, extension)];
}
