import { expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import type { Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

/** Whether the kernel's bridges can have VLANs is known before there is a bridge. */

const lab = pluginLab(plugin, { remembers: "host" });
const CAN = has("kernel:bridge-vlan-filtering");
const WANTED = CAN
  ? { code: undefined }
  : { code: 50, msg: '"cni0" can have no VLANs: this kernel has no VLAN filtering of bridges' };

async function ask(operation: "ADD" | "STATUS", keys: Keys): Promise<unknown> {
  const { code, msg } = (await lab.call(operation, keys)).json;
  return { code, ...(msg === undefined ? {} : { msg }) };
}

const KEYS: readonly [string, Keys][] = [
  ["case P11: vlan", { vlan: 100 }],
  ["case P11, kind: a trunk alone", { vlanTrunk: [{ id: 7 }] }],
];

for (const [name, keys] of KEYS) {
  test(`${name}: STATUS and ADD say the same where there is no bridge yet`, async () => {
    expect(await ask("STATUS", keys)).toEqual(WANTED);
    expect(await lab.changes()).toEqual([]);
    expect(await ask("ADD", keys)).toEqual(WANTED);
    if (!CAN) expect(await lab.changes()).toEqual([]);
  });
}

test("case P11, kind: the bridge exists, and stays as it is", async () => {
  await must(["ip", "link", "add", "cni0", "type", "bridge"]);
  await lab.remember();
  expect(await ask("STATUS", { vlan: 100 })).toEqual(WANTED);
  expect(await ask("ADD", { vlan: 100 })).toEqual(WANTED);
  if (!CAN) expect(await lab.changes()).toEqual([]);
});

test("without VLANs, the kernel is not asked", async () => {
  expect(await ask("STATUS", {})).toEqual({ code: undefined });
});

test("case P15, kind: CHECK without ipam knows the links", async () => {
  const prevResult = await lab.add({});
  expect((await lab.call("CHECK", { prevResult })).json).toEqual({});
  await must(["ip", "link", "set", prevResult.interfaces?.[1]?.name ?? "", "nomaster"]);
  expect((await lab.call("CHECK", { prevResult })).json.code).toBe(100);
});
