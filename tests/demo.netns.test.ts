import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { run } from "./support/exec.ts";
import { patient } from "./support/patience.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test(
  "the demo of the README holds all its proofs",
  async () => {
    // The kernel lab has no Node.
    const isBare = Bun.which("npm") === null;
    const demo = isBare ? [process.execPath, "tools/demo.ts"] : ["npm", "run", "demo"];
    const answer = await run(demo, { cwd: ROOT, timeoutMs: 120_000 });
    expect(answer.exitCode, answer.stdout + answer.stderr).toBe(0);
  },
  patient(120_000),
);
