/**
 * `npm run workflow -- ci check`: runs what a job of hosted CI would run, step by step, on this machine; as root,
 * in a clone. A checkout is one of this commit; other actions are named and left out: Node is here. `--with suite=sid`: that row
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
    const workspace = join(scratch, "workspace");
    mkdirSync(workspace);
    const PATH = `${sudoAsItIs(scratch)}:${process.env["PATH"] ?? ""}`;
    const GITHUB_STEP_SUMMARY = join(scratch, "summary.md");
    for (const step of steps) {
      const { name, uses = "", run, env: own } = step;
      const isCheckout = uses.startsWith("actions/checkout@");
      const isLeftOut = run === undefined && !isCheckout;
      console.log(`== ${name ?? run ?? uses}${isLeftOut ? ": left out" : ""}`);
      if (isLeftOut) continue;
      const filled: Record<string, string> = { PATH, GITHUB_STEP_SUMMARY };
      for (const [key, text] of Object.entries({ ...env, ...own })) filled[key] = fill(text, taken);
      const clone = ["git", "clone", "--quiet", ROOT, join(workspace, step.with?.path ?? "")];
      const shell = ["bash", "-eo", "pipefail", "-c", fill(run ?? "", taken)];
      const cwd = join(workspace, step["working-directory"] ?? "");
      const code = await start(isCheckout ? clone : shell, isCheckout ? scratch : cwd, filled);
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
