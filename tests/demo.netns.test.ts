import { expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { run } from "./support/exec.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("the demo of the README holds all its proofs", async () => {
  const answer = await run(["npm", "run", "demo"], { cwd: ROOT, timeoutMs: 120_000 });
  expect(answer.exitCode, answer.stdout + answer.stderr).toBe(0);
}, 120_000);
