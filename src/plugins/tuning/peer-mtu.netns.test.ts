import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { hostLab } from "../../../tests/support/host-lab.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import { type Answer, callPlugin, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import type { Plugin } from "../../plugin/index.ts";
import { plugin as bridge } from "../bridge/index.ts";
import { plugin as ptp } from "../ptp/index.ts";
import { plugin as tuning } from "./index.ts";

/** The two ends of a pair have one MTU: what is too large for one vanishes at the other. */

const lab = hostLab();
const { one } = lab;
const KEYS: readonly [string, Plugin, Keys][] = [
  ["case P10: behind a bridge", bridge, { isGateway: true, ipam: ipam(4) }],
  ["case P10, kind: behind ptp", ptp, { ipam: ipam(4) }],
];

async function tune(operation: "ADD" | "DEL", keys: Keys): Promise<Answer> {
  const answer = await callPlugin(tuning, operation, one, keys);
  expect(answer).toMatchObject({ exitCode: 0 });
  return answer;
}

/** The host's end of the pair. */
async function hostEnd({ json }: Answer): Promise<{ name: string; mtu: number | undefined }> {
  const { name = "" } = json.interfaces?.find((each) => each.name.startsWith("veth")) ?? {};
  return { name, mtu: (await linkOf(undefined, name)).mtu };
}

for (const [name, plugin, keys] of KEYS) {
  describe(name, () => {
    test("case P10: the host's end follows, is in the result, and goes back with DEL", async () => {
      const added = await callPlugin(plugin, "ADD", one, keys);
      const tuned = await tune("ADD", { mtu: 1400, prevResult: added.json });
      expect(await hostEnd(tuned)).toMatchObject({ mtu: 1400 });
      const listed = tuned.json.interfaces?.filter(({ name: each }) => each !== "cni0") ?? [];
      expect(listed.map(({ mtu }) => mtu)).toEqual([1400, 1400]);
      const check = await callPlugin(plugin, "CHECK", one, { ...keys, prevResult: tuned.json });
      expect(check).toMatchObject({ exitCode: 0 });
      await tune("DEL", { prevResult: tuned.json });
      expect([(await hostEnd(added)).mtu, (await linkOf(one, "eth0")).mtu]).toEqual([1500, 1500]);
    });

    test("case P10, kind: two tunings of one list, whose DEL restores what was before both", async () => {
      const added = await callPlugin(plugin, "ADD", one, { ...keys, mtu: 1450 });
      const first = await tune("ADD", { mtu: 1400, prevResult: added.json });
      const second = await tune("ADD", { mtu: 1300, prevResult: first.json });
      expect(await hostEnd(second)).toMatchObject({ mtu: 1300 });
      for (const prevResult of [second.json, second.json]) await tune("DEL", { prevResult });
      expect([(await hostEnd(added)).mtu, (await linkOf(one, "eth0")).mtu]).toEqual([1450, 1450]);
    });
  });
}

test("case P10, kind: a bridge that keeps a larger MTU is told of", async () => {
  await must(["ip", "link", "add", "cni0", "type", "bridge"]);
  await must(["ip", "link", "set", "cni0", "mtu", "1499"]); // it stays, whatever its ports have
  const added = await callPlugin(bridge, "ADD", one, { ipam: ipam(4) });
  const { stderr } = await tune("ADD", { mtu: 1400, prevResult: added.json });
  expect(stderr).toContain("tuning: bridge cni0 keeps the MTU 1499");
});
