import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as v from "valibot";
import { ROOT, type TestFile } from "./files.ts";
import type { Outcome } from "./outcome.ts";
import { inScratch, type RunResult, run } from "./process.ts";
import { tell } from "./tell.ts";
import { inTemporary, leftBehind, TEMPORARY_VARIABLE } from "./temporary.ts";

/**
 * The tests that Node runs: what npm would publish is packed, installed into an empty project, and
 * the tests are compiled beside it, so that `hawser/spec` means the package and nothing else.
 */

const INSTALL_SECONDS = 120;
const TEST_SECONDS = 120;

const REPORT_LINE = v.object({
  name: v.string(),
  status: v.picklist(["passed", "failed", "skipped"]),
  error: v.optional(v.string()),
});

export async function runNodeTests(files: readonly TestFile[]): Promise<Outcome[]> {
  if (files.length === 0) return [];
  return await inScratch(async (scratch) => {
    const project = join(scratch, "project");
    const broken = await installPackage(scratch, project);
    if (broken !== undefined) {
      const outcome: Outcome = {
        file: "npm package",
        name: "packs and installs",
        status: "failed",
      };
      tell("npm package", [outcome], broken.seconds, broken.output);
      return [outcome];
    }
    const outcomes: Outcome[] = [];
    for (const file of files) outcomes.push(...(await runFile(file, project)));
    return outcomes;
  });
}

/** Returns the step that failed, if one did. */
async function installPackage(scratch: string, project: string): Promise<RunResult | undefined> {
  await Bun.write(
    join(project, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  const options = { cwd: ROOT, timeoutSeconds: INSTALL_SECONDS };
  const pack = ["npm", "pack", "--ignore-scripts", "--pack-destination", scratch];
  const packed = await run(pack, options);
  if (packed.exitCode !== 0) return packed;
  const tarball = readdirSync(scratch).find((name) => name.endsWith(".tgz")) ?? "";
  const install = ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"];
  const installed = await run([...install, join(scratch, tarball)], { ...options, cwd: project });
  return installed.exitCode === 0 ? undefined : installed;
}

async function runFile(file: TestFile, project: string): Promise<Outcome[]> {
  const built = await Bun.build({
    entrypoints: [join(ROOT, file.path)],
    target: "node",
    packages: "external",
    external: ["hawser", "hawser/*"],
    outdir: project,
    naming: "[name].mjs",
    throw: false,
  });
  const fixtures = join(ROOT, file.path, "../fixtures");
  if (existsSync(fixtures)) cpSync(fixtures, join(project, "fixtures"), { recursive: true });
  if (!built.success) {
    const outcome: Outcome = { file: file.path, name: "compiles", status: "failed" };
    tell(file.path, [outcome], 0, built.logs.map(({ message }) => message).join("\n"));
    return [outcome];
  }
  const report = join(project, "report.jsonl");
  const argv = [
    "node",
    "--test",
    `--test-reporter=${join(ROOT, "tools/test/node-reporter.mjs")}`,
    `--test-reporter-destination=${report}`,
    basename(file.path).replace(/\.ts$/, ".mjs"),
  ];
  return await inTemporary(async (temporary) => {
    const env = { HAWSER_ROOT: ROOT, [TEMPORARY_VARIABLE]: temporary };
    const result = await run(argv, { cwd: project, env, timeoutSeconds: TEST_SECONDS });
    const lines = existsSync(report) ? readReport(readFileSync(report, "utf8")) : [];
    const outcomes = lines.map(({ name, status }): Outcome => ({ file: file.path, name, status }));
    if (outcomes.length === 0) {
      outcomes.push({ file: file.path, name: "reported nothing", status: "failed" });
    }
    if (result.exitCode === 0) outcomes.push(...leftBehind(file.path, temporary));
    const errors = lines.flatMap(({ name, error }) => (error === undefined ? [] : [name, error]));
    tell(file.path, outcomes, result.seconds, [...errors, result.output].join("\n"));
    return outcomes;
  });
}

function readReport(text: string): v.InferOutput<typeof REPORT_LINE>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => v.parse(REPORT_LINE, JSON.parse(line)));
}
