import { campaign, lacking, type Report, SUBJECT_NAMES } from "./campaign.ts";
import { KNOWN, type Known } from "./known/index.ts";

/** A run over all subjects, and what is printed of it. */

export interface Wishes {
  readonly plugin?: string[] | undefined;
  readonly runs?: string | undefined;
  readonly seed?: string | undefined;
  readonly path?: string | undefined;
  readonly full?: boolean | undefined;
}

const RUNS = 25;
const FULL_RUNS = 400;
/** Hosts wait for the kernel more than they work. */
const AT_ONCE = 3;

/** Gives the exit code: 0, or 1 for differences without a number. */
export async function runAll(wishes: Wishes): Promise<number> {
  const { full = false, path } = wishes;
  const seed = Number(wishes.seed ?? Date.now() % 1_000_000);
  const runs = Number(wishes.runs ?? (full ? FULL_RUNS : RUNS));
  const wanted = wishes.plugin ?? SUBJECT_NAMES;
  const unknown = wanted.filter((name) => !SUBJECT_NAMES.includes(name));
  if (unknown.length > 0 || !Number.isSafeInteger(seed) || !Number.isSafeInteger(runs)) {
    console.error(`--plugin is one of ${SUBJECT_NAMES.join(", ")}; --seed and --runs are numbers`);
    return 2;
  }
  console.log(`seed ${seed}, ${runs} cases of each`);
  const reports: Report[] = [];
  const left = [...wanted];
  const next = async (): Promise<void> => {
    for (let subject = left.shift(); subject !== undefined; subject = left.shift()) {
      const lack = lacking(subject);
      if (lack !== undefined) {
        console.log(
          `${subject}: left out, this kernel has no ${lack} (npm run test:lab -- differential)`,
        );
        continue;
      }
      const report = await campaign({
        subject,
        seed,
        runs,
        ...(path === undefined ? {} : { path }),
      });
      reports.push(report);
      console.log(lineOf(report));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  const stale = full && wishes.plugin === undefined ? staleOf(reports) : [];
  for (const known of stale) console.log(`never applied: ${known.number} ${known.line.source}`);
  const found = reports.filter(({ finding }) => finding !== undefined);
  const count = (part: "cases" | "steps"): number =>
    reports.reduce((sum, each) => sum + each[part], 0);
  console.log(
    `${count("cases")} cases, ${count("steps")} steps compared, ${found.length} findings`,
  );
  return found.length === 0 ? 0 : 1;
}

function lineOf({ subject, cases, steps, numbers, finding }: Report): string {
  const used = [...new Set([...numbers].map(({ number }) => number))].sort();
  const line = `${subject}: ${cases} cases, ${steps} steps; known: ${used.join(" ") || "none"}`;
  return finding === undefined
    ? line
    : `${line}\n\n=== ${subject}: a difference without a number\n${finding}\n`;
}

/** Entries that explained nothing, of the subjects that could be tried here. */
function staleOf(reports: readonly Report[]): Known[] {
  const applied = new Set(reports.flatMap(({ numbers }) => [...numbers]));
  return KNOWN.filter((known) => !applied.has(known));
}
