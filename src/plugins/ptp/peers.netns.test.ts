import { describe, expect } from "bun:test";
import type { PluginObject } from "../../../tests/support/chain.ts";
import { comparable } from "../../../tests/support/comparable.ts";
import { must } from "../../../tests/support/exec.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { debianPlugins, newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { plugin } from "./index.ts";

/** The reference plugin and ours: equal results, equal state, and each takes over from the other. */

const ranges = [[{ subnet: "10.7.0.0/24" }], [{ subnet: "fd00:7::/64" }]];
const routes = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];
const four = { type: "host-local", ranges: ranges.slice(0, 1), routes: routes.slice(0, 1) };
const both = { type: "host-local", ranges, routes };
const REQUESTS: Readonly<Record<string, PluginObject>> = {
  IPv4: { ipam: four },
  "both families, an MTU and masquerading": { ipMasq: true, mtu: 1400, ipam: both },
  "resolver settings": { ipam: four, dns: { nameservers: ["10.7.0.1"], search: ["a"] } },
};

const lab = pluginLab(plugin, {
  containers: [],
  remembers: "containers",
  executables: ["ptp", "host-local"],
});
const { one } = lab;

/** Routes, addresses and rules of both namespaces, as programs list them. */
async function stateOf(): Promise<string[]> {
  const namespaces = [[], ["-n", "one"]];
  const parts: string[] = [];
  for (const where of namespaces) {
    for (const what of [
      ["-4", "route"],
      ["-6", "route"],
      ["-o", "address"],
    ]) {
      const text = await must(["ip", ...where, ...what]);
      parts.push(...text.split("\n").filter((line) => !line.includes("fe80::")));
    }
  }
  const normal = parts.map((line) =>
    line
      .replaceAll(/veth[0-9a-f]{8}/gu, "veth")
      .replaceAll(/^\d+: | tentative| nodad| noprefixroute|@if\d+/gu, "")
      .replaceAll(/\s+/gu, " ")
      .trim(),
  );
  return normal.filter((line) => line !== "").toSorted();
}

/** One ADD and DEL on a fresh host. */
async function shot(
  dir: string,
  keys: PluginObject,
): Promise<{ result: unknown; state: string[] }> {
  await lab.container("one");
  const prevResult = await lab.mustProgram(dir, "ADD", keys);
  const state = await stateOf();
  await lab.mustProgram(dir, "DEL", { ...keys, prevResult });
  await lab.host.remove(one);
  await lab.host.tidy();
  return { result: comparable(prevResult, "veth", "mac"), state };
}

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (set) => {
  const run = skipBecause(set.missing);
  for (const [what, keys] of Object.entries(REQUESTS)) {
    run(`${set.name}: equal results and state: ${what}`, async () => {
      const theirs = await shot(set.dir, keys);
      const ours = await shot(lab.own, keys);
      expect(theirs.state.length).toBeGreaterThan(6);
      expect(ours).toEqual(theirs);
    });
  }

  for (const backend of set.backends) {
    const keys = { ipMasq: true, ipMasqBackend: backend, ipam: both };
    const ways: [string, () => string, () => string][] = [
      ["added by it, checked and removed by ours", () => set.dir, () => lab.own],
      ["added by ours, checked and removed by it", () => lab.own, () => set.dir],
    ];
    for (const [what, adder, remover] of ways) {
      run(`${set.name}: ${what} (${backend})`, async () => {
        await lab.container("one");
        await lab.handOver(adder(), remover(), keys);
      });
    }
  }
});
