import { existsSync } from "node:fs";
import { packageOf } from "../../tools/setup/packages.ts";

/**
 * Starting programs that a machine may lack. `tools/setup/packages.ts` lists them; a test that starts one
 * which is not there is skipped with its name, as the test runner reads it from the error.
 */

/** The class of the error, as reports of tests have it. */
export const MISSING_PROGRAM = "MissingProgram";

/** A program of the list that this machine lacks; the message is its name. */
export class MissingProgram extends Error {
  override readonly name: string = MISSING_PROGRAM;
}

/** Programs that start another one, with their options that are followed by a value. */
const STARTERS: Readonly<Record<string, readonly string[]>> = {
  env: ["-u"],
  nsenter: ["-t", "-S", "-G"],
  prlimit: [],
  setpriv: [],
  strace: ["-o", "-e", "-P", "-s"],
  timeout: ["-k", "-s"],
  unshare: [],
};

/**
 * A command line whose programs are there.
 * @throws MissingProgram when one of them is not, and the list has it
 */
export function startable(argv: readonly string[], path?: string): string[] {
  for (const program of programsOf(argv)) {
    if (packageOf(program) !== undefined && !isThere(program, path)) {
      throw new MissingProgram(program);
    }
  }
  return [...argv];
}

/** What plugins, ours and those in Go, say of a program that they could not start. */
const NOT_STARTED = [
  /"([\w-]+)(?: or [\w-]+)* is not installed/,
  /exec: \\?"([\w-]+)\\?": executable file not found/,
];

/**
 * For the answer of a plugin that failed.
 * @throws MissingProgram when it did so for a program that this machine lacks, and the list has
 */
export function requireStarted(output: string): void {
  for (const pattern of NOT_STARTED) {
    const [, program = ""] = pattern.exec(output) ?? [];
    if (packageOf(program) !== undefined && !isThere(program, undefined)) {
      throw new MissingProgram(program);
    }
  }
}

/** The program of a command line, and those that it starts in turn. */
export function programsOf(argv: readonly string[]): string[] {
  const [program, ...words] = argv;
  if (program === undefined) return [];
  const exec = program === "ip" ? words.indexOf("exec") : -1;
  if (exec > 0 && words[exec - 1] === "netns") {
    return [program, ...programsOf(words.slice(exec + 2))];
  }
  const withValue = STARTERS[program];
  if (withValue === undefined) return [program];
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") {
      at += 1;
      break;
    }
    if (withValue.includes(word)) at += 1;
    else if (!word.startsWith("-") && !isSetting(program, word)) break;
  }
  return [program, ...programsOf(words.slice(at))];
}

/** `env A=b program`, `timeout 5 program`. */
function isSetting(program: string, word: string): boolean {
  if (program === "env") return word.includes("=");
  return program === "timeout" && /^[\d.]+[smhd]?$/.test(word);
}

function isThere(program: string, path: string | undefined): boolean {
  if (program.startsWith("/")) return existsSync(program);
  return Bun.which(program, path === undefined ? {} : { PATH: path }) !== null;
}
