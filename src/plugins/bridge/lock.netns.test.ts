import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { must } from "../../../tests/support/exec.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

// A local user holds a lock on every file that may be opened without privilege.

const PATIENCE_MS = 4000;

const lab = pluginLab(plugin, { containers: ["one"] });

test("case S6: a lock on the host's namespace keeps no bridge from being made and removed", async () => {
  const keys = { isGateway: true, removeUnused: true, ipam: ipam(4) };
  const held = Bun.spawn(["flock", "-x", "/proc/self/ns/net", "sleep", "60"]);
  try {
    // The program has the lock when another one does not get it.
    while (Bun.spawnSync(["flock", "-n", "/proc/self/ns/net", "true"]).success) await Bun.sleep(5);
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await lab.add(keys, { signal });
    await lab.del(keys, { signal });
    expect((await must(["ip", "-br", "link"])).includes("cni0")).toBe(false);
    expect(readdirSync("/run/hawser/locks")).toEqual([]);
  } finally {
    held.kill();
    await held.exited;
  }
});
