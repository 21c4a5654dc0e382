import { join } from "node:path";
import type { Outcome, Report } from "../../src/conformance/index.ts";
import { ROOT } from "../test/files.ts";
import { keepFoundBy, lastFoundBy } from "./found.ts";
import { placeMutant } from "./layout.ts";
import { SOUND } from "./mutant.ts";
import { RUNTIME, type Subject } from "./subject.ts";

/** What the suite says of one executable. */

/** In a profile at a time: the quick one finds most, the full one is asked for the rest. */
const PROFILES = [
  ["--profile", "quick"],
  ["--profile", "full"],
];
const LIMIT_MS = 600_000;
/** Seeds of the suite are below. */
const SEEDS = 2n ** 32n;

/** What the suite is run on. */
type Tested = Pick<Subject, "name" | "of">;

/** What one run of the suite says. */
export interface SuiteRun {
  /** The checks that failed; with `--bail` one, as a rule. */
  readonly found: readonly Outcome[];
  /** Why it gave no verdict. */
  readonly trouble?: string;
}

/** The verdict on a mutant. */
export interface Judgement {
  /** The check that failed first. */
  readonly caughtBy?: Outcome;
  /** Why the suite gave no verdict. */
  readonly trouble?: string;
  readonly seconds: number;
}

/**
 * Runs the suite on a mutant until its first finding; what is found without the fault too is none. The
 * order of the checks is by the seed and the mutant's name, so that not one check finds most of them.
 */
export async function judge(
  home: string,
  { name, of }: Tested,
  { seed, foundAnyway }: { readonly seed: number; readonly foundAnyway: readonly string[] },
): Promise<Judgement> {
  const started = performance.now();
  const order = ["--seed", String(Number(Bun.hash(name, seed) % SEEDS))];
  const last = lastFoundBy(name);
  // Where something is found anyway, the first finding says nothing.
  const bail = foundAnyway.length === 0 ? ["--bail"] : [];
  const runs = [
    ...(last === undefined ? [] : [["--check", last]]),
    ...PROFILES.map((profile) => [...bail, ...profile]),
  ];
  let trouble: string | undefined;
  for (const selection of runs) {
    const suite = await runSuite(home, { name, of }, [...order, ...selection]);
    const caughtBy = suite.found.find(({ check }) => !foundAnyway.includes(check));
    const seconds = (performance.now() - started) / 1000;
    if (caughtBy !== undefined) {
      keepFoundBy(name, caughtBy.check);
      return { caughtBy, seconds };
    }
    // A check that is remembered may be there no more.
    if (!selection.includes("--check")) trouble ??= suite.trouble;
    if (trouble !== undefined) return { trouble, seconds };
  }
  return { seconds: (performance.now() - started) / 1000 };
}

/** What the whole suite says of a plugin, or of the runtime, without a fault. */
export async function judgeSound(home: string, of: string, seed: number): Promise<SuiteRun> {
  const options = ["--seed", String(seed), "--profile", "full"];
  return await runSuite(home, { name: SOUND, of }, options);
}

/** Runs the suite on a mutant, with options that select checks. */
export async function runSuite(
  home: string,
  { name, of }: Tested,
  options: readonly string[],
): Promise<SuiteRun> {
  const words = [of === RUNTIME ? "runtime" : "plugin", placeMutant(home, name, of), ...options];
  const program = [join(ROOT, "dist/hawser"), "conformance", ...words, "--json", "--strict"];
  const suite = Bun.spawn(program, {
    ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    ...{ timeout: LIMIT_MS, cwd: ROOT },
  });
  const [stdout, stderr, code] = await Promise.all([
    suite.stdout.text(),
    suite.stderr.text(),
    suite.exited,
  ]);
  const report = parseReport(stdout);
  const found = report?.outcomes.filter(({ verdict }) => verdict === "failed") ?? [];
  if (found.length > 0) return { found };
  const broken = report?.outcomes.find(({ verdict }) => verdict === "broken");
  if (broken !== undefined) return { found, trouble: `${broken.check} broke: ${broken.reason}` };
  if (report !== undefined && code === 0) return { found };
  const said = (stderr.trim() || stdout.trim()).slice(0, 500);
  return { found, trouble: `it ended with ${code}: ${said}` };
}

function parseReport(stdout: string): Report | undefined {
  try {
    const report = JSON.parse(stdout) as Partial<Report>;
    return report.outcomes === undefined ? undefined : (report as Report);
  } catch {
    return undefined;
  }
}
