import { expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSanitizedEntry, SANITIZER_ENV } from "../../tools/build/sanitized.ts";
import { callEnvironment } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { must, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { daemonScene } from "./scene.ts";

/** The entry program under sanitizers, in front of the real daemon. */

const test = skipBecause(entriesMissing());
const native = fileURLToPath(new URL("../../native", import.meta.url));
const TIMEOUT_MS = 60_000;
const scene = daemonScene();

async function compile(argv: readonly string[]): Promise<void> {
  await must(argv, { timeoutMs: TIMEOUT_MS });
}

test(
  "a call through the daemon breaks nothing in the entry program's memory",
  async () => {
    const scratch = mkdtempSync(join(tmpdir(), "hawser-sanitized-"));
    try {
      const program = await buildSanitizedEntry({ native, scratch, must: compile }, "bridge");
      await using daemon = await TestDaemon.start();
      const { netns } = scene.blue;
      const ipam = { type: "host-local", subnet: "10.1.0.0/24" };
      const stdin = JSON.stringify({ cniVersion: "1.1.0", name: "dbnet", type: "bridge", ipam });
      for (const operation of ["ADD", "DEL"] as const) {
        const attachment = { containerId: "c1", netns, ifName: "eth0" };
        const env = {
          ...callEnvironment(operation, ENTRIES, attachment),
          ...SANITIZER_ENV,
          HAWSER_EXECUTABLE: EXECUTABLE,
        };
        expect(await run([program], { env, stdin })).toMatchObject({ exitCode: 0, stderr: "" });
      }
      expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  },
  TIMEOUT_MS,
);
