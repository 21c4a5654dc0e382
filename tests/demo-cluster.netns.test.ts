import { expect } from "bun:test";
import { fileURLToPath } from "node:url";
import { run } from "./support/exec.ts";
import { needs } from "./support/needs.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

needs(
  "etcd",
  "etcdctl",
  "openssl",
  "ip",
  "root",
)(
  "the demo of a fleet holds all its proofs",
  async () => {
    const answer = await run(["npm", "run", "demo:cluster"], { cwd: ROOT, timeoutMs: 240_000 });
    expect(answer.exitCode, answer.stdout + answer.stderr).toBe(0);
  },
  240_000,
);
