/** docs/validate.md, walked through, and the workflow that it names. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { isAsShown, readBlocks, readSession } from "../../../tools/docs.ts";
import { runHawser } from "../index.ts";

const ROOT = join(import.meta.dir, "../../..");
const cwd = mkdtempSync(join(tmpdir(), "hawser-docs-"));
afterAll(() => rmSync(cwd, { recursive: true }));

async function run(words: readonly string[]): Promise<{ code: number; out: string }> {
  const { io, stdout } = fakeIo(words, { cwd });
  return { code: await runHawser(io), out: stdout() };
}

test("what docs/validate.md shows is what is printed", async () => {
  const blocks = readBlocks(readFileSync(join(ROOT, "docs/validate.md"), "utf8"));
  const shown = blocks.filter(({ language }) => language === "console").flatMap(readSession);
  expect(shown.map(({ command }) => command)).toEqual([
    "hawser validate net.d",
    "hawser validate --fix --dry-run net.d",
  ]);
  for (const { target, text } of blocks) {
    if (target === undefined) continue;
    mkdirSync(join(cwd, dirname(target.name)), { recursive: true });
    writeFileSync(join(cwd, target.name), text);
  }
  for (const { command, output } of shown) {
    const { out } = await run(command.split(" ").slice(1));
    if (!isAsShown(output, out)) expect(out).toBe(output);
  }
});

test("the workflow in examples/validate judges, and fails for what is wrong", async () => {
  const workflow = parse(readFileSync(join(ROOT, "examples/validate/validate.yml"), "utf8")) as {
    env: { NETWORKS: string };
    jobs: { validate: { steps: { run?: string }[] } };
  };
  const step = workflow.jobs.validate.steps.at(-1)?.run ?? "";
  const words = step.trim().replace("$NETWORKS", workflow.env.NETWORKS).split(" ");
  expect(words.shift()).toBe('"$RUNNER_TEMP/hawser/dist/hawser"');
  const { code, out } = await run(words);
  expect(code).toBe(1);
  expect(out).toMatch(/^::error file=net\.d\/10-dbnet\.conflist,line=7,/);
});
