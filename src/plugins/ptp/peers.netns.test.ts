import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { OwnExecutables } from "../../../tests/support/bridge.ts";
import type { Operation, PluginObject } from "../../../tests/support/chain.ts";
import { must, type RunAnswer } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { debianPlugins, newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { leaks, leaksAfterOthers } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";

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

let host: Host;
let own: OwnExecutables;
let one: Container;
beforeAll(async () => {
  host = await Host.create();
  own = new OwnExecutables("ptp", "host-local");
});
afterAll(() => {
  own[Symbol.dispose]();
});
afterEach(async () => {
  await host.remove(one).catch(() => undefined);
  await host.tidy();
});

async function call(dir: string, verb: Operation, keys: PluginObject): Promise<RunAnswer> {
  const config = { cniVersion: "1.0.0", name: "net1", type: "ptp", ...keys };
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const answer = await host.plugin(dir, "ptp", verb, config, attachment);
  expect({ verb, stdout: answer.stdout, exitCode: answer.exitCode }).toMatchObject({ exitCode: 0 });
  return answer;
}

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

function normalised(text: string): unknown {
  const plain = text
    .replaceAll(/"veth[0-9a-f]{8}"/gu, '"veth"')
    .replaceAll(/"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"/gu, '"mac"');
  const { dns, ...rest } = JSON.parse(plain) as Record<string, unknown>;
  return dns === undefined || JSON.stringify(dns) === "{}" ? rest : { ...rest, dns };
}

/** One ADD and DEL on a fresh host. */
async function shot(
  dir: string,
  keys: PluginObject,
): Promise<{ result: unknown; state: string[] }> {
  one = await host.container("one");
  const { stdout } = await call(dir, "ADD", keys);
  const state = await stateOf();
  await call(dir, "DEL", { ...keys, prevResult: JSON.parse(stdout) as PluginObject });
  await host.remove(one);
  await host.tidy();
  return { result: normalised(stdout), state };
}

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (set) => {
  const run = skipBecause(set.missing);
  for (const [what, keys] of Object.entries(REQUESTS)) {
    run(`${set.name}: equal results and state: ${what}`, async () => {
      const theirs = await shot(set.dir, keys);
      const ours = await shot(own.dir, keys);
      expect(theirs.state.length).toBeGreaterThan(6);
      expect(ours).toEqual(theirs);
    });
  }

  for (const backend of set.backends) {
    const keys = { ipMasq: true, ipMasqBackend: backend, ipam: both };
    const ways: [string, () => string, () => string][] = [
      ["added by it, checked and removed by ours", () => set.dir, () => own.dir],
      ["added by ours, checked and removed by it", () => own.dir, () => set.dir],
    ];
    for (const [what, adder, remover] of ways) {
      run(`${set.name}: ${what} (${backend})`, async () => {
        one = await host.container("one");
        const clean = await host.snapshot([one]);
        const { stdout } = await call(adder(), "ADD", keys);
        const prevResult = JSON.parse(stdout) as PluginObject;
        await call(remover(), "CHECK", { ...keys, prevResult });
        await call(remover(), "DEL", { ...keys, prevResult });
        const left = diff(clean, await host.snapshot([one]));
        expect(remover() === own.dir ? leaks(left) : leaksAfterOthers(left)).toEqual([]);
        await call(remover(), "DEL", { ...keys, prevResult });
      });
    }
  }
});
