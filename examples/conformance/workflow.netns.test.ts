import { expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";
import { ROOT } from "../../tools/test/files.ts";
import { quickly, Workspace } from "./workspace.ts";

/**
 * The workflow that authors copy: its steps run one after the other in the shell of a runner, with other
 * programs in the place of what a runner has and a test must not do.
 */

requireOwnNamespaces();

const test = needs("git", "ip", "nsenter", "unshare");

const Workflow = v.object({
  env: v.record(v.string(), v.string()),
  jobs: v.object({
    plugin: v.object({
      steps: v.array(
        v.object({
          name: v.optional(v.string()),
          run: v.optional(v.string()),
          uses: v.optional(v.string()),
          with: v.optional(v.record(v.string(), v.unknown())),
        }),
      ),
    }),
  }),
});

const { env, jobs } = v.parse(
  Workflow,
  parse(readFileSync(join(import.meta.dir, "conformance.yml"), "utf8")),
);
const { steps } = jobs.plugin;

/** A repository in Hawser's place, whose build takes the executable that is built already. */
async function standIn(workspace: Workspace): Promise<string> {
  const repository = join(workspace.dir, "hawser.git");
  mkdirSync(repository);
  const build = `mkdir dist && ln -s '${join(ROOT, "dist/hawser")}' dist/hawser`;
  const head = { name: "stand-in", version: "1.0.0" };
  const files = {
    "package.json": { ...head, scripts: { build } },
    "package-lock.json": { ...head, lockfileVersion: 3, packages: { "": head } },
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(repository, name), JSON.stringify(content));
  }
  const git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", repository];
  await must([...git, "init", "--quiet", "--initial-branch=main"]);
  await must([...git, "add", "."]);
  await must([...git, "commit", "--quiet", "--message=stand-in"]);
  return `file://${repository}`;
}

async function runSteps(workspace: Workspace, repository: string): Promise<RunAnswer[]> {
  const runner = join(workspace.dir, "runner");
  mkdirSync(runner);
  const answers: RunAnswer[] = [];
  for (const { run: script } of steps) {
    if (script === undefined) continue;
    const answer = await run(["bash", "-e", "-c", quickly(script)], {
      cwd: workspace.dir,
      timeoutMs: 120_000,
      env: {
        ...env,
        PATH: workspace.path,
        HOME: workspace.dir,
        RUNNER_TEMP: runner,
        HAWSER_REPOSITORY: repository,
      },
    });
    answers.push(answer);
    if (answer.exitCode !== 0) break;
  }
  return answers;
}

function authors(): Workspace {
  const workspace = new Workspace();
  workspace.replace("sudo", 'exec "$@"');
  workspace.replace("apt-get", "exit 0");
  workspace.replace("make", "exit 0");
  return workspace;
}

test("its steps build the suite, run it, and leave the files that are kept", async () => {
  using workspace = authors();
  workspace.makePlugin();
  const answers = await runSteps(workspace, await standIn(workspace));
  expect(answers.map(({ exitCode, stderr }) => [exitCode, exitCode === 0 ? "" : stderr])).toEqual(
    steps.filter((step) => step.run !== undefined).map(() => [0, ""]),
  );
  const kept = steps.at(-1)?.with?.["path"];
  expect(kept).toBe("conformance.json\nconformance.xml\n");
  const [json = "", xml = ""] = ["conformance.json", "conformance.xml"].map((name) =>
    readFileSync(join(workspace.dir, name), "utf8"),
  );
  expect(JSON.parse(json)).toMatchObject({ partial: false, subject: { name: "my-plugin" } });
  expect(xml).toContain("<testsuite");
}, 300_000);

test("a plugin with findings fails the last step, and the report is there all the same", async () => {
  using workspace = authors();
  workspace.write("bin/my-plugin", "#!/bin/sh\nexit 1\n", 0o755);
  const answers = await runSteps(workspace, await standIn(workspace));
  const scripts = steps.filter((step) => step.run !== undefined).length;
  expect(answers.map(({ exitCode }) => exitCode)).toEqual([
    ...Array.from({ length: scripts - 1 }, () => 0),
    1,
  ]);
  expect(answers.at(-1)?.stdout).toContain("repeat");
  const report = readFileSync(join(workspace.dir, "conformance.json"), "utf8");
  expect(JSON.parse(report)).toHaveProperty("exitCode", 1);
}, 300_000);

test("without the address of Hawser's repository it says what is missing", async () => {
  using workspace = authors();
  const answers = await runSteps(workspace, env["HAWSER_REPOSITORY"] ?? "absent");
  const last = answers.at(-1);
  expect(last?.exitCode).not.toBe(0);
  expect(last?.stderr).toContain("HAWSER_REPOSITORY: is to be set in the workflow");
}, 60_000);
