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
const EXIT_FINDINGS = 1;

/** What the suite is run on. */
type Tested = Pick<Subject, "name" | "of">;

/** The verdict on one executable. */
export interface Verdict {
  /** The check that failed first. */
  readonly caughtBy?: Outcome;
  /** Why the suite gave no verdict. */
  readonly trouble?: string;
}

/** The verdict, and how long it took. */
export interface Judgement extends Verdict {
  readonly seconds: number;
}

/**
 * Runs the suite on a mutant until its first finding. The order of the checks is by the seed and the
 * mutant's name, so that not one check finds most of them.
 */
export async function judge(home: string, { name, of }: Tested, seed: number): Promise<Judgement> {
  const started = performance.now();
  const order = Number(Bun.hash(name, seed) % SEEDS);
  const common = ["--bail", "--seed", String(order)];
  const last = lastFoundBy(name);
  const runs = [...(last === undefined ? [] : [["--check", last]]), ...PROFILES];
  let verdict: Verdict = {};
  for (const selection of runs) {
    verdict = await runSuite(home, { name, of }, [...common, ...selection]);
    if (verdict.caughtBy !== undefined) keepFoundBy(name, verdict.caughtBy.check);
    const isUnknown = verdict.trouble !== undefined && !selection.includes("--check");
    if (verdict.caughtBy !== undefined || isUnknown) break;
  }
  return { ...verdict, seconds: (performance.now() - started) / 1000 };
}

/** Runs the whole suite on a plugin, or on the runtime, without a fault. */
export async function judgeSound(home: string, of: string, seed: number): Promise<Verdict> {
  const options = ["--bail", "--seed", String(seed), "--profile", "full"];
  return await runSuite(home, { name: SOUND, of }, options);
}

/** Runs the suite on a mutant, with options that select checks. */
export async function runSuite(
  home: string,
  { name, of }: Tested,
  options: readonly string[],
): Promise<Verdict> {
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
  const caughtBy = report?.outcomes.find(({ verdict }) => verdict === "failed");
  if (caughtBy !== undefined) return { caughtBy };
  const broken = report?.outcomes.find(({ verdict }) => verdict === "broken");
  if (broken !== undefined) return { trouble: `${broken.check} broke: ${broken.reason}` };
  if (report !== undefined && code === 0) return {};
  const said = (stderr.trim() || stdout.trim()).slice(0, 500);
  if (code === EXIT_FINDINGS)
    return { trouble: `it found something and did not say what: ${said}` };
  return { trouble: `it ended with ${code}: ${said}` };
}

function parseReport(stdout: string): Report | undefined {
  try {
    const report = JSON.parse(stdout) as Partial<Report>;
    return report.outcomes === undefined ? undefined : (report as Report);
  } catch {
    return undefined;
  }
}
