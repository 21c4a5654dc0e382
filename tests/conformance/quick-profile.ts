import { expect } from "bun:test";
import { ROOT } from "../../tools/test/files.ts";
import { run } from "../../tools/test/process.ts";
import type { Feature } from "../support/features.ts";
import { needs } from "../support/needs.ts";

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

/** Our executables, judged by the suite that we ship, as README shows it: nothing is broken. */
export function quickProfile(names: readonly string[]): void {
  for (const name of names) {
    needs("ip", "nft", ...(NEEDS[name] ?? []))(
      `the quick profile finds nothing in ${name}`,
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
}
