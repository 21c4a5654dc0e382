import { describe, expect } from "bun:test";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { ROOT } from "../../tools/test/files.ts";
import { run } from "../../tools/test/process.ts";
import type { Feature } from "../support/features.ts";
import { needs } from "../support/needs.ts";

/** Our executables, judged by the suite that we ship, as README shows it: nothing is broken. */

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
const TIMEOUT_S = 120;

describe("the quick profile finds nothing in", () => {
  for (const name of PLUGIN_NAMES) {
    needs("ip", "nft", ...(NEEDS[name] ?? []))(
      name,
      async () => {
        const { output, exitCode } = await run(
          ["dist/hawser", "conformance", "plugin", `dist/cni/${name}`, "--strict"],
          { cwd: ROOT, timeoutSeconds: TIMEOUT_S },
        );
        expect(output).toContain(" passed, 0 failed, ");
        expect(Number(/^(\d+) passed, 0 failed, /m.exec(output)?.[1])).toBeGreaterThan(CHECKS_MIN);
        expect(exitCode).toBe(0);
      },
      TIMEOUT_S * 1000,
    );
  }
});
