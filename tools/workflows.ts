/**
 * `npm run workflow -- ci check`: runs what a job of hosted CI would run, step by step, on this machine; as root,
 * in a clone. Actions of others are named and left out: a checkout and Node are here. `--with suite=sid`: that row
 * of its matrix, not the first; without a job, the jobs are listed.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./test/files.ts";
import { type Job, readWorkflows } from "./workflows/workflow.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { with: { type: "string" } },
});
const [workflow, job] = positionals;
const jobs = readWorkflows().flatMap(({ path, jobs: all }) =>
  all.map((each) => ({ workflow: basename(path, ".yml"), job: each })),
);
const chosen = jobs.find((each) => each.workflow === workflow && each.job.id === job);
if (chosen === undefined) {
  for (const each of jobs) {
    console.log(`${each.workflow} ${each.job.id} ${rows(each.job)}`.trimEnd());
  }
  process.exitCode = job === undefined ? 0 : 2;
} else {
  process.exitCode = await runJob(chosen.job);
}

function rows({ matrix }: Job): string {
  return matrix.flatMap((row) => Object.entries(row).map((pair) => pair.join("="))).join(" ");
}

async function runJob({ env, matrix, steps }: Job): Promise<number> {
  const wanted = values.with;
  const row = matrix.find((each) => Object.entries(each).some((pair) => pair.join("=") === wanted));
  const taken = wanted === undefined ? matrix[0] : row;
  if (taken === undefined) {
    console.error(`no row of its matrix has ${wanted}`);
    return 2;
  }
  const scratch = mkdtempSync(join(tmpdir(), "hawser-workflow-"));
  try {
    const checkout = join(scratch, "checkout");
    await start(["git", "clone", "--quiet", ROOT, checkout], scratch, {});
    const PATH = `${sudoAsItIs(scratch)}:${process.env["PATH"] ?? ""}`;
    for (const { name, uses, run, env: own } of steps) {
      console.log(`== ${name ?? run ?? uses}${run === undefined ? ": left out" : ""}`);
      if (run === undefined) continue;
      const filled: Record<string, string> = { PATH };
      for (const [key, text] of Object.entries({ ...env, ...own })) filled[key] = fill(text, taken);
      const argv = ["bash", "-eo", "pipefail", "-c", fill(run, taken)];
      const code = await start(argv, checkout, filled);
      if (code !== 0) return code;
    }
    return 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Root needs no sudo, and a bare machine has none. Its options are those that our workflows give it. */
function sudoAsItIs(scratch: string): string {
  const bin = join(scratch, "bin");
  mkdirSync(bin);
  if (process.getuid?.() === 0) symlinkSync(join(ROOT, "tools/workflows/sudo"), join(bin, "sudo"));
  return bin;
}

function fill(text: string, row: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{ *matrix\.(\w+) *\}\}/g, (_, key: string) => row[key] ?? "");
}

async function start(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const stdio = ["ignore", "inherit", "inherit"] as const;
  return await Bun.spawn([...argv], { cwd, env: { ...process.env, ...env }, stdio: [...stdio] })
    .exited;
}
