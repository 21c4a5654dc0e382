import { describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import type { Operation } from "../../../tests/support/chain.ts";
import { comparable } from "../../../tests/support/comparable.ts";
import { has } from "../../../tests/support/features.ts";
import { hostLab } from "../../../tests/support/host-lab.ts";
import { ipJson } from "../../../tests/support/ip.ts";
import { skipBecause } from "../../../tests/support/needs.ts";
import { isPlayable } from "../../../tests/support/playable.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import { CASES, type VirtualLinkCase } from "../../../tests/support/virtual-links.ts";

/** The same request to the reference plugin and to ours, and each after the other. */

const DNS = { nameservers: ["10.1.0.1"], domain: "example.org", search: ["a"], options: ["c"] };

const lab = hostLab({
  device: "up",
  executables: ["host-local", ...CASES.map(({ type }) => type)],
});
const { one } = lab;

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

function missing(set: PluginSet, { type }: VirtualLinkCase): string | undefined {
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
            for (const dir of [set.dir, lab.own]) {
              const { json } = await call(dir, "ADD", config);
              seen.push({ result: comparable(json, "mac", "mtu"), inside: await inside() });
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
            [set.dir, lab.own],
            [lab.own, set.dir],
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
