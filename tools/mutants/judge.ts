import { join } from "node:path";
import type { Outcome, Report } from "../../src/conformance/index.ts";
import { ROOT } from "../test/files.ts";
import { keepFoundBy, lastFoundBy } from "./found.ts";
import { placeMutant } from "./layout.ts";
import { RUNTIME } from "./subject.ts";

/** What the suite says of one executable. */

/** In a profile at a time: the quick one finds most, the full one is asked for the rest. */
const PROFILES = [
  ["--profile", "quick"],
  ["--profile", "full"],
];
const LIMIT_MS = 600_000;
const EXIT_FINDINGS = 1;

/** The verdict on one executable. */
export interface Judgement {
  /** The check that failed first. */
  readonly caughtBy?: Outcome;
  /** Why the suite gave no verdict. */
  readonly trouble?: string;
  readonly seconds: number;
}

/** Runs the suite on a mutant until its first finding. */
export async function judge(name: string, of: string, seed: number): Promise<Judgement> {
  const started = performance.now();
  const words = [of === RUNTIME ? "runtime" : "plugin", placeMutant(name, of)];
  words.push("--bail", "--json", "--strict", "--seed", String(seed));
  const last = lastFoundBy(name);
  const runs = [...(last === undefined ? [] : [["--check", last]]), ...PROFILES];
  let verdict: Omit<Judgement, "seconds"> = {};
  for (const selection of runs) {
    verdict = await judgeOnce([...words, ...selection]);
    if (verdict.caughtBy !== undefined) keepFoundBy(name, verdict.caughtBy.check);
    const isUnknown = verdict.trouble !== undefined && !selection.includes("--check");
    if (verdict.caughtBy !== undefined || isUnknown) break;
  }
  return { ...verdict, seconds: (performance.now() - started) / 1000 };
}

async function judgeOnce(words: readonly string[]): Promise<Omit<Judgement, "seconds">> {
  const suite = Bun.spawn([join(ROOT, "dist/hawser"), "conformance", ...words], {
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
