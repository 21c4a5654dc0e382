import { join } from "node:path";
import { COMPILER } from "./architecture.ts";
import { STRICT, writePluginTable } from "./entry.ts";

/** Builds the entry program with a C library and sanitizers, and its fuzzer. */

/** The first thing that is wrong ends the program. */
const SANITIZED = [
  ...["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
  ...["-g", "-O1", "-fno-omit-frame-pointer"],
];
/** Addresses that are the same in each run, so that the same seed makes the same calls. */
const FIXED = ["-fno-pie", "-no-pie"];

/** The program never gives memory back, which is no leak; and old pieces are used again soon. */
export const SANITIZER_ENV: Readonly<Record<string, string>> = {
  ASAN_OPTIONS: "detect_leaks=0:quarantine_size_mb=2",
};

export interface SanitizedBuild {
  /** The directory with entry.c. */
  readonly native: string;
  /** Where the results go. */
  readonly scratch: string;
  /** Runs a program; throws when it fails. */
  readonly must: (argv: readonly string[]) => Promise<unknown>;
}

/** The entry program itself; gives its path. */
export async function buildSanitizedEntry(
  { native, scratch, must }: SanitizedBuild,
  name: string,
): Promise<string> {
  await writePluginTable(scratch);
  const program = join(scratch, name);
  const source = join(native, "entry.c");
  await must([
    ...[COMPILER, ...STRICT, ...SANITIZED, "-DHOSTED", "-I", scratch],
    ...["-o", program, source],
  ]);
  return program;
}

/** The fuzzer, in which the kernel is played (native/fuzz); gives its path. */
export async function buildFuzzer({ native, scratch, must }: SanitizedBuild): Promise<string> {
  await writePluginTable(scratch);
  const objects = ["kernel", "fuzz"].map((name) => join(scratch, `${name}.o`));
  const compile = [COMPILER, ...STRICT, ...SANITIZED, ...FIXED, "-I", scratch, "-c"];
  const [kernel = "", fuzz = ""] = objects;
  await Promise.all([
    // The fuzzer sees which branches a call takes, but not its own.
    must([...compile, "-fsanitize-coverage=trace-pc", "-o", kernel, join(native, "fuzz/kernel.c")]),
    must([...compile, "-o", fuzz, join(native, "fuzz/fuzz.c")]),
  ]);
  const program = join(scratch, "fuzz");
  await must([COMPILER, ...SANITIZED, ...FIXED, "-o", program, ...objects]);
  return program;
}
