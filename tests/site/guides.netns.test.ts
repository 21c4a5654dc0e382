import { expect } from "bun:test";
import { fileURLToPath } from "node:url";
import { run } from "../support/exec.ts";
import { needs } from "../support/needs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

needs(
  "ip",
  "nft",
  "iptables",
  "busybox",
  "kernel:ipv6",
  "/usr/lib/cni/bridge",
)(
  "the guides show what their commands print",
  async () => {
    const words = ["npm", "run", "--silent", "guides", "--", "--check"];
    const answer = await run(words, { cwd: ROOT, timeoutMs: 120_000 });
    expect(answer.exitCode, answer.stdout + answer.stderr).toBe(0);
  },
  120_000,
);
