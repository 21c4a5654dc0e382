import { describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import type { PluginObject } from "../../../tests/support/chain.ts";
import { comparable } from "../../../tests/support/comparable.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { plugin } from "./index.ts";

/** The newest reference plugin and ours: equal results, and each takes over from the other. */

const ipam = {
  type: "host-local",
  ranges: [[{ subnet: "10.7.0.0/24" }], [{ subnet: "fd00:7::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }],
};
const mac = "c2:11:22:33:44:55";
const REQUESTS: Readonly<Record<string, PluginObject>> = {
  "layer 2 alone": {},
  "a MAC, an MTU and an owner": { mac, mtu: 1400, owner: 1000 },
  "several queues, addresses, resolver settings": {
    ...{ multiQueue: true, ipam, dns: { nameservers: ["10.7.0.1"] } },
  },
  "owner and group": { owner: 1000, group: 107 },
};

const lab = pluginLab(plugin, {
  containers: [],
  remembers: "containers",
  executables: ["tap", "host-local"],
});
const { one } = lab;

async function result(dir: string, keys: PluginObject): Promise<unknown> {
  await lab.container("one");
  const added = await lab.mustProgram(dir, "ADD", keys);
  await lab.host.remove(one);
  await lab.host.tidy();
  return comparable(added, "mac");
}

describe("the newest reference plugin", () => {
  const { dir, missing } = newestPlugins();
  const run = skipBecause(missing ?? (existsSync(`${dir}/tap`) ? undefined : "its tap"));
  for (const [what, keys] of Object.entries(REQUESTS)) {
    run(`equal results: ${what}`, async () => {
      expect(await result(lab.own, keys)).toEqual(await result(dir, keys));
    });

    const ways: [string, () => string, () => string][] = [
      ["added by it, checked and removed by ours", () => dir, () => lab.own],
      ["added by ours, checked and removed by it", () => lab.own, () => dir],
    ];
    for (const [way, adder, remover] of ways) {
      run(`${way}: ${what}`, async () => {
        await lab.container("one");
        await lab.handOver(adder(), remover(), keys);
      });
    }
  }
});
