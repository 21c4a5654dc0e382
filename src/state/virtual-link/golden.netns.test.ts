import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import { ipam, ipJson, type Keys, OwnExecutables } from "../../../tests/support/bridge.ts";
import type { Operation } from "../../../tests/support/chain.ts";
import { CASES, type ChildCase, ChildLab } from "../../../tests/support/child-lab.ts";
import { has } from "../../../tests/support/features.ts";
import type { Container } from "../../../tests/support/host.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { isPlayable } from "../../../tests/support/playable.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";

/** The same request to the reference plugin and to ours, and each after the other. */

const DNS = { nameservers: ["10.1.0.1"], domain: "example.org", search: ["a"], options: ["c"] };

let lab: ChildLab;
let own: OwnExecutables;
let one: Container;
beforeAll(async () => {
  lab = await ChildLab.create();
  own = new OwnExecutables("host-local", ...CASES.map(({ type }) => type));
});
afterAll(() => {
  own[Symbol.dispose]();
});
beforeEach(async () => {
  await lab.plugIn();
  one = await lab.host.container("one");
});
afterEach(async () => {
  await lab.host.remove(one);
  await lab.host.tidy();
});

interface Reply {
  readonly exitCode: number | null;
  readonly json: Readonly<Record<string, unknown>>;
}

async function call(dir: string, verb: Operation, config: Keys & { type: string }): Promise<Reply> {
  const attachment = { containerId: "id-one", netns: one.netns, ifName: "eth0" };
  const answer = await lab.host.plugin(dir, config.type, verb, config, attachment);
  const text = answer.stdout.trim();
  return { exitCode: answer.exitCode, json: text === "" ? {} : (JSON.parse(text) as Keys) };
}

/** MACs are chosen at random; D94: MTUs. Releases before 1.4 print an empty dns. */
function normalised(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"/gu, '"mac"')
    .replaceAll(/"mtu":\d+,/gu, "");
  const { dns, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return dns === undefined || JSON.stringify(dns) === "{}" ? rest : { ...rest, dns };
}

/** What the kernel has in the container, without what is chosen at random. */
async function inside(): Promise<unknown> {
  const [link] = (await ipJson(one, "link", "show", "dev", "eth0")) as unknown as {
    linkinfo: unknown;
    mtu: number;
    flags: string[];
  }[];
  const routes = await ipJson(one, "route", "show");
  const routes6 = (await ipJson(one, "-6", "route", "show")).filter(
    ({ dst }) => dst?.startsWith("fe80") !== true,
  );
  return { info: link?.linkinfo, mtu: link?.mtu, flags: link?.flags.toSorted(), routes, routes6 };
}

function missing(set: PluginSet, { type }: ChildCase): string | undefined {
  if (!has(`kernel:${type}`)) return `kernel:${type}`;
  return existsSync(`${set.dir}/${type}`) ? undefined : (set.missing ?? `${set.name}'s ${type}`);
}

for (const set of [debianPlugins(), newestPlugins()]) {
  for (const each of CASES.filter(({ type }) => isPlayable([`kernel:${type}`]))) {
    const { type, keys } = each;
    describe(`${type}, the reference plugin (${set.name})`, () => {
      const run = skipBecause(missing(set, each));

      run(
        `${set.name} ${type}: results and what the kernel has are equal`,
        async () => {
          const requests: readonly [string, Keys][] = [
            ["0.4.0", { mtu: 1400, dns: DNS }],
            ["1.0.0", { ipam: ipam(4, 6) }],
          ];
          for (const [cniVersion, more] of requests) {
            const config = { cniVersion, name: "net1", type, ...keys, ...more };
            const seen: unknown[] = [];
            for (const dir of [set.dir, own.dir]) {
              const { json } = await call(dir, "ADD", config);
              seen.push({ result: normalised(json), inside: await inside() });
              expect(await call(dir, "DEL", config)).toEqual({ exitCode: 0, json: {} });
              await lab.host.tidy();
            }
            expect(seen[1]).toEqual(seen[0]);
          }
        },
        60_000,
      );

      run(
        `${set.name} ${type}: what one has added the other checks and removes`,
        async () => {
          const config = { cniVersion: "1.0.0", name: "net1", type, ...keys };
          for (const [adder, other] of [
            [set.dir, own.dir],
            [own.dir, set.dir],
          ] as const) {
            const { json: prevResult } = await call(adder, "ADD", config);
            const later = { ...config, prevResult };
            expect(await call(other, "CHECK", later)).toEqual({ exitCode: 0, json: {} });
            expect(await call(other, "DEL", later)).toEqual({ exitCode: 0, json: {} });
            expect((await ipJson(one, "link", "show")).length).toBe(1);
            await lab.host.tidy();
          }
        },
        60_000,
      );
    });
  }
}
