import { describe, expect } from "bun:test";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { ROOT } from "../../tools/test/files.ts";
import { run } from "../../tools/test/process.ts";
import { type Feature, has } from "../support/features.ts";
import { needs, skipBecause } from "../support/needs.ts";

/** Our executables, judged by the suite that we ship, as README shows it: nothing is broken. */

/** What their conventional subjects need of the machine. */
const NEEDS: Readonly<Record<string, readonly Feature[]>> = { dhcp: ["dnsmasq"] };
/**
 * And of its kernel: said in words, so that the kernel lab does not run them, where each of the many
 * programs that the suite starts takes seconds.
 */
const LINKS: Readonly<Record<string, Feature>> = {
  dummy: "kernel:dummy",
  ipvlan: "kernel:ipvlan",
  vlan: "kernel:vlan",
  vrf: "kernel:vrf",
};
/** Fewer would mean that the suite had nothing to say. */
const CHECKS_MIN = 20;
const TIMEOUT_S = 120;

describe("the quick profile finds nothing in", () => {
  for (const name of PLUGIN_NAMES) {
    const kind = LINKS[name];
    const isMissing = kind !== undefined && !has(kind);
    const wanted = needs("ip", "nft", ...(NEEDS[name] ?? []));
    (isMissing ? skipBecause(`a kernel with ${name} links`) : wanted)(
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
