import { expect } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipBecause } from "../../tests/support/needs.ts";

/**
 * What a call costs without the daemon. A runtime such as containerd asks every plugin of a list for
 * STATUS every five seconds.
 */

const CNI = join(import.meta.dir, "../../dist/cni");
const built = skipBecause(existsSync(join(CNI, "bridge")) ? undefined : "npm run build");
const RUNS = 9;
const TIMEOUT_MS = 120_000;

const IPAM = { type: "host-local", ranges: [[{ subnet: "10.1.0.0/16" }]] };
const KEYS: Readonly<Record<string, object>> = {
  bridge: { isGateway: true, ipMasq: true, ipam: IPAM },
  portmap: { capabilities: { portMappings: true } },
  firewall: {},
  loopback: {},
};

/** Processor time of one call, in milliseconds: the waiting of a busy machine is not in it. */
async function cost(plugin: string, operation: string, stateDir: string): Promise<number> {
  const config = { cniVersion: "1.1.0", name: "n", type: plugin, ...KEYS[plugin] };
  const child = Bun.spawn([join(CNI, plugin)], {
    env: {
      PATH: "/usr/bin:/bin",
      CNI_COMMAND: operation,
      CNI_PATH: CNI,
      HAWSER_STATE_DIR: stateDir,
    },
    stdin: Buffer.from(JSON.stringify(operation === "VERSION" ? { cniVersion: "1.1.0" } : config)),
    stdout: "pipe",
    stderr: "inherit",
  });
  const stdout = await child.stdout.text();
  expect([await child.exited, operation === "VERSION" || stdout]).toEqual([
    0,
    operation === "VERSION" || "",
  ]);
  return Number(child.resourceUsage()?.cpuTime.total ?? 0n) / 1000;
}

async function median(plugin: string, operation: string, stateDir: string): Promise<number> {
  const costs: number[] = [];
  for (let run = 0; run < RUNS; run++) costs.push(await cost(plugin, operation, stateDir));
  return costs.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}

// As a multiple of VERSION, which is the engine's start and the plugin's code read.
for (const [name, plugin, most] of [
  ["case C4", "bridge", 3],
  ["case C4, kind", "portmap", 2.5],
  ["case C4, kind", "loopback", 2],
] as const) {
  built(
    `${name}: STATUS of ${plugin} without the daemon costs little more than its start, and leaves no note`,
    async () => {
      const stateDir = mkdtempSync(join(tmpdir(), "hawser-start-"));
      try {
        mkdirSync(join(stateDir, "attachments"));
        const start = await median(plugin, "VERSION", stateDir);
        expect(start).toBeGreaterThan(0);
        expect(await median(plugin, "STATUS", stateDir)).toBeLessThan(most * start);
        expect(readdirSync(join(stateDir, "attachments"))).toEqual([]);
      } finally {
        rmSync(stateDir, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );
}
