import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HOME_VARIABLE, ownNamespaces } from "../../tests/support/namespaces.ts";
import { PATIENCE, patient, STORM_SECONDS } from "../../tests/support/patience.ts";
import { ROOT, type TestFile } from "./files.ts";
import { HOOK, lacksProgram, parseJunit } from "./junit.ts";
import type { Outcome } from "./outcome.ts";
import { inParallel, inScratch, type RunResult, run } from "./process.ts";
import { tell } from "./tell.ts";
import { inTemporary, leftBehind, TEMPORARY_VARIABLE } from "./temporary.ts";

/** The tests that Bun runs: all unit tests in one process, each kernel test in a world of its own. */

const UNIT_SECONDS = 600;
const NETNS_SECONDS = 180;
const CLIENT_SECONDS = 420;
const WIDTH = 2;

/** For one test, under the load of others. */
const TEST_TIMEOUT_MS = 60_000;

const WORLD = "./tests/support/world.ts";

export interface Choice {
  /** Only tests whose name matches this pattern. */
  readonly name?: string | undefined;
}

/** Runs unit tests, in as many workers as there are processors. */
export async function runUnitTests(
  files: readonly TestFile[],
  choice: Choice = {},
): Promise<Outcome[]> {
  if (files.length === 0) return [];
  return await bunTest(files, choice, "unit tests", UNIT_SECONDS, (argv) => [
    ...argv,
    "--parallel",
  ]);
}

/** Runs kernel and client tests, two files at once, each in namespaces of its own. */
export async function runWorldTests(
  files: readonly TestFile[],
  choice: Choice = {},
): Promise<Outcome[]> {
  if (files.length === 0) return [];
  const unshare = ["unshare", ...userNamespace(), "--net", "--mount", "--"];
  const probe = await run([...unshare, "true"], { cwd: ROOT, timeoutSeconds: 10 });
  if (probe.exitCode !== 0) return withoutWorld(files, probe.output.trim());
  const outcomes = await inParallel(files, WIDTH, async (file) => {
    const usual = file.kind === "client" ? CLIENT_SECONDS : NETNS_SECONDS;
    const seconds = usual * PATIENCE + STORM_SECONDS;
    return await bunTest([file], choice, file.path, seconds, (argv) => [
      ...unshare,
      ...argv,
      `--preload=${WORLD}`,
    ]);
  });
  return outcomes.flat();
}

/** On the machine of CI, which has namespaces, it is no excuse that they cannot be made. */
function withoutWorld(files: readonly TestFile[], reason: string): Outcome[] {
  const name = `all tests (skipped: needs namespaces of its own; ${reason})`;
  const status = process.env["CI"] === "true" ? "failed" : "skipped";
  return files.map(({ path }) => ({ file: path, name, status }));
}

function userNamespace(): string[] {
  return process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
}

async function bunTest(
  files: readonly TestFile[],
  choice: Choice,
  title: string,
  timeoutSeconds: number,
  wrap: (argv: readonly string[]) => string[],
): Promise<Outcome[]> {
  return await inScratch(async (scratch) => {
    const report = join(scratch, "junit.xml");
    const argv = wrap([
      process.execPath,
      "test",
      ...files.map(({ path }) => `./${path}`),
      // Lifts the ignore patterns of bunfig.toml, which hold for runs by hand.
      "--path-ignore-patterns=none",
      `--timeout=${patient(TEST_TIMEOUT_MS)}`,
      "--only-failures",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...(choice.name === undefined ? [] : [`--test-name-pattern=${choice.name}`]),
    ]);
    return await inTemporary(async (temporary) => {
      const env = { [HOME_VARIABLE]: ownNamespaces(), [TEMPORARY_VARIABLE]: temporary };
      const result = await run(argv, { cwd: ROOT, env, timeoutSeconds });
      const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
      const reported = withoutConsequences(parseJunit(xml));
      const chosen = choice.name === undefined ? reported : byName(reported, choice.name);
      const ended = { ...result, lacksProgram: lacksProgram(xml) };
      const outcomes = [...chosen, ...unreported(files, reported, ended, timeoutSeconds)];
      // What fails, or is skipped, may not come to the hook that clears up.
      const isWhole = outcomes.every(({ status }) => status === "passed");
      if (isWhole) outcomes.push(...leftBehind(title, temporary));
      tell(title, outcomes, result.seconds, result.output);
      return outcomes;
    });
  });
}

/** With a name pattern, Bun reports all others as skipped: those were not asked for. */
function byName(outcomes: readonly Outcome[], pattern: string): Outcome[] {
  const wanted = new RegExp(pattern);
  return outcomes.filter(({ name }) => wanted.test(name.replaceAll(" > ", " ")));
}

/** Where the hook that sets up has missed a program, the one that clears up finds nothing. */
export function withoutConsequences(outcomes: readonly Outcome[]): Outcome[] {
  const lacking = outcomes.filter(({ name }) => name.startsWith("all tests (skipped: needs "));
  const files = new Set(lacking.map(({ file }) => file));
  return outcomes.filter(({ file, name }) => name !== HOOK || !files.has(file));
}

/** Failures that the report does not contain: a file that did not load, a crash, a time-out. */
export function unreported(
  files: readonly TestFile[],
  reported: readonly Outcome[],
  result: Pick<RunResult, "exitCode" | "timedOut"> & { readonly lacksProgram?: boolean },
  timeoutSeconds: number,
): Outcome[] {
  if (result.exitCode === 0) return [];
  const seen = new Set(reported.map(({ file }) => file));
  const why = result.timedOut ? `ended after ${timeoutSeconds} s` : `exit code ${result.exitCode}`;
  const silent = files.filter(({ path }) => !seen.has(path));
  const failures = silent.map(({ path }): Outcome => {
    return { file: path, name: `reported nothing (${why})`, status: "failed" };
  });
  // A test without its program has failed by Bun's count, and is skipped by ours.
  if (result.lacksProgram === true && !result.timedOut) return failures;
  if (failures.length === 0 && reported.every(({ status }) => status !== "failed")) {
    const [first] = files;
    const file = files.length === 1 && first !== undefined ? first.path : "unit tests";
    return [{ file, name: `an error outside of any test (${why})`, status: "failed" }];
  }
  return failures;
}
