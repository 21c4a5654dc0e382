/** The steps that the page puts into a workflow: both plugins keep all that the suite can try. */
import { afterAll, describe, expect } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";

requireOwnNamespaces();

const ROOT = join(import.meta.dir, "../..");
const STEPS = readFileSync(join(import.meta.dir, "conformance.yml"), "utf8").match(
  /(?<=^- run: ).*/gm,
);
const RUN_MS = 170_000;
/** Fewer would mean that the suite had nothing to say. */
const CHECKS_MIN = 15;

const dir = mkdtempSync(join(tmpdir(), "hawser-conformance-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const env = { PATH: [dir, process.env["PATH"] ?? ""].join(":"), HOME: dir };
mkdirSync(join(dir, "bin"));
symlinkSync(join(ROOT, "dist/hawser"), join(dir, "hawser"));
copyFileSync(join(import.meta.dir, "prohibit.sh"), join(dir, "bin/prohibit"));
copyFileSync(join(import.meta.dir, "prohibit.json"), join(dir, "prohibit.json"));

/** As an ordinary user, who has the files of this one and nothing else. */
async function step(command: string): Promise<RunAnswer> {
  const user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
  return await run([...user, ...command.split(" ")], { cwd: dir, env, timeoutMs: RUN_MS });
}

describe("a step of the workflow finds nothing, not even a SHOULD", () => {
  for (const command of STEPS ?? []) {
    needs(
      "ip",
      "jq",
      "nsenter",
      "unshare",
      "kernel:ipv6",
    )(
      command,
      async () => {
        const wire = ["build", "--compile", "--outfile", join(dir, "bin/wire")];
        await must([process.execPath, ...wire, join(import.meta.dir, "wire.ts")]);
        const { stdout, exitCode } = await step(`${command} --strict`);
        expect([exitCode, stdout]).toEqual([0, expect.stringContaining(" 0 failed, ")]);
        expect(Number(/^(\d+) passed/m.exec(stdout)?.[1])).toBeGreaterThan(CHECKS_MIN);
      },
      RUN_MS,
    );
  }
});
