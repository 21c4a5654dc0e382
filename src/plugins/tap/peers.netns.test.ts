import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import { OwnExecutables } from "../../../tests/support/bridge.ts";
import type { Operation, PluginObject } from "../../../tests/support/chain.ts";
import type { RunAnswer } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";

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

let host: Host;
let own: OwnExecutables;
let one: Container;
beforeAll(async () => {
  host = await Host.create();
  own = new OwnExecutables("tap", "host-local");
});
afterAll(() => {
  own[Symbol.dispose]();
});
afterEach(async () => {
  await host.remove(one).catch(() => undefined);
  await host.tidy();
});

async function call(dir: string, verb: Operation, keys: PluginObject): Promise<RunAnswer> {
  const config = { cniVersion: "1.0.0", name: "net1", type: "tap", ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const answer = await host.plugin(dir, "tap", verb, config, attachment);
  expect({ verb, stdout: answer.stdout, exitCode: answer.exitCode }).toMatchObject({ exitCode: 0 });
  return answer;
}

async function result(dir: string, keys: PluginObject): Promise<unknown> {
  one = await host.container("one");
  const { stdout } = await call(dir, "ADD", keys);
  await host.remove(one);
  await host.tidy();
  const text = stdout.replaceAll(/"(?!c2:11)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"/gu, '"mac"');
  const { dns, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return dns === undefined || JSON.stringify(dns) === "{}" ? rest : { ...rest, dns };
}

describe("the newest reference plugin", () => {
  const { dir, missing } = newestPlugins();
  const run = skipBecause(missing ?? (existsSync(`${dir}/tap`) ? undefined : "its tap"));
  for (const [what, keys] of Object.entries(REQUESTS)) {
    run(`equal results: ${what}`, async () => {
      expect(await result(own.dir, keys)).toEqual(await result(dir, keys));
    });

    const ways: [string, () => string, () => string][] = [
      ["added by it, checked and removed by ours", () => dir, () => own.dir],
      ["added by ours, checked and removed by it", () => own.dir, () => dir],
    ];
    for (const [way, adder, remover] of ways) {
      run(`${way}: ${what}`, async () => {
        one = await host.container("one");
        const clean = await host.snapshot([one]);
        const { stdout } = await call(adder(), "ADD", keys);
        const prevResult = JSON.parse(stdout) as PluginObject;
        await call(remover(), "CHECK", { ...keys, prevResult });
        await call(remover(), "DEL", { ...keys, prevResult });
        expect(leaks(diff(clean, await host.snapshot([one])))).toEqual([]);
        await call(remover(), "DEL", { ...keys, prevResult });
      });
    }
  }
});
