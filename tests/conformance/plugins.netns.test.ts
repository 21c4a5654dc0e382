import { describe, expect } from "bun:test";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { checkPlugin, machineForWorlds } from "../../src/conformance/index.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { ROOT } from "../../tools/test/files.ts";
import type { Feature } from "../support/features.ts";
import { needs } from "../support/needs.ts";

/** Our executables, judged by the suite that we ship: no MUST and no SHOULD is broken. */

/** What their conventional subjects need of the machine. */
const NEEDS: Readonly<Record<string, readonly Feature[]>> = {
  dhcp: ["dnsmasq"],
  dummy: ["kernel:dummy"],
  ipvlan: ["kernel:ipvlan"],
  vlan: ["kernel:vlan"],
  vrf: ["kernel:vrf"],
};
/** Fewer would mean that the suite had nothing to say. */
const CHECKS_MIN = 20;

describe("the quick profile finds nothing in", () => {
  for (const name of PLUGIN_NAMES) {
    needs("ip", "nft", ...(NEEDS[name] ?? []))(
      name,
      async () => {
        const report = await checkPlugin({
          machine: machineForWorlds(process.env),
          path: join(ROOT, "dist/cni", name),
          profile: "quick",
          seed: Date.now() % 1_000_000,
          width: availableParallelism(),
          version: "",
          command: `hawser conformance plugin dist/cni/${name}`,
        });
        const wrong = report.outcomes.filter(({ verdict }) => {
          return verdict === "failed" || verdict === "broken";
        });
        expect(wrong).toEqual([]);
        const passed = report.outcomes.filter(({ verdict }) => verdict === "passed");
        expect(passed.length).toBeGreaterThan(CHECKS_MIN);
      },
      120_000,
    );
  }
});
