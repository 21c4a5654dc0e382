import { describe, expect } from "bun:test";
import type { Plugin } from "../../src/plugin/index.ts";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { CniError } from "../../src/spec/index.ts";
import { must } from "../support/exec.ts";
import { DEVICE, hostLab } from "../support/host-lab.ts";
import { linkOf } from "../support/ip.ts";
import { needs } from "../support/needs.ts";
import { callPlugin, ipam, type Keys } from "../support/plugin-call.ts";

/** Values that are possible in form and impossible in fact are the configuration's fault, at once. */

const lab = hostLab({ device: "up" });
const { one } = lab;

const GROUP = "f1:00:00:00:00:01";
const LONG = "02:00:00:00:00:00:00:01";
const INFINIBAND = Array.from({ length: 20 }, (_, at) => (at === 0 ? "02" : "00")).join(":");
const MASTER = { master: DEVICE };

async function load(type: string): Promise<Plugin> {
  const plugin = await PLUGINS.get(type)?.();
  if (plugin === undefined) throw new Error(`no plugin ${type}`);
  return plugin;
}

async function planFault(plugin: Plugin, keys: Keys): Promise<unknown> {
  const config = { cniVersion: "1.1.0", name: "net1", type: plugin.name, ...keys };
  const { netns: CNI_NETNS } = one;
  const env = { CNI_COMMAND: "ADD", CNI_CONTAINERID: "c", CNI_NETNS, CNI_IFNAME: "eth0" };
  const call = { env: { ...env, CNI_PATH: "/nonexistent" }, stdin: () => JSON.stringify(config) };
  try {
    await plugin.plan?.({ ...call, stdout: () => undefined, stderr: () => undefined });
  } catch (error) {
    const { code, msg } = CniError.from(error);
    return { code, msg };
  }
  return "no error";
}

/** ADD, STATUS and plan say the same, and nothing has been made. */
async function refused(type: string, keys: Keys, msg: string): Promise<void> {
  const plugin = await load(type);
  const before = await lab.host.snapshot([one]);
  const added = await callPlugin(plugin, "ADD", one, keys);
  const status = await callPlugin(plugin, "STATUS", one, keys);
  const faults = [added.json, status.json].map(({ code, msg: text }) => ({ code, msg: text }));
  const fault = { code: 7, msg };
  expect([...faults, await planFault(plugin, keys)]).toEqual([fault, fault, fault]);
  expect(await lab.host.snapshot([one])).toEqual(before);
}

const args = (mac: string): Keys => ({ args: { cni: { mac } } });
const long = (key: string, mac: string): string =>
  `invalid "${key}" ${mac}: a MAC has 6 bytes, this has ${mac.split(":").length}`;
const group = (key: string): string =>
  `invalid "${key}" ${GROUP}: it is the address of a group (multicast)`;
const least = (mtu: number): string => `invalid MTU ${mtu}, must be at least 68`;
const below = (mtu: number): string =>
  `invalid MTU ${mtu}, must be at least 1280 where there is IPv6`;

const CASES: readonly (readonly [string, Keys, string])[] = [
  ["tap", { mac: LONG }, long("mac", LONG)],
  ["tap", { mac: INFINIBAND }, long("mac", INFINIBAND)],
  ["macvlan", { ...MASTER, mac: LONG }, long("mac", LONG)],
  ["bridge", args(GROUP), group("args.cni.mac")],
  ["macvlan", { ...MASTER, mac: GROUP }, group("mac")],
  ["tap", { mac: GROUP }, group("mac")],
  ["bridge", { mtu: 40 }, least(40)],
  ["ptp", { mtu: 40, ipam: ipam(4) }, least(40)],
  ["macvlan", { ...MASTER, mtu: 60 }, least(60)],
  ["bridge", { mtu: 1000, ipam: ipam(4, 6) }, below(1000)],
  ["ptp", { mtu: 1000, ipam: ipam(6) }, below(1000)],
  ["macvlan", { ...MASTER, mtu: 1000, ipam: ipam(4, 6) }, below(1000)],
];

const KINDS: readonly (readonly [string, Keys, string])[] = [
  ["tuning", { mtu: 67 }, least(67)],
  ["tuning", args(LONG), long("args.cni.mac", LONG)],
  [
    "tap",
    { mtu: 1279, ipam: { type: "static", addresses: [{ address: "fd00::2/64" }] } },
    below(1279),
  ],
  [
    "ipvlan",
    { ...MASTER, mtu: 1000, ipam: { type: "whereabouts", range: "fd00::/64" } },
    below(1000),
  ],
  ["vlan", { ...MASTER, vlanId: 7, mtu: 67, ipam: ipam(4) }, least(67)],
  ["bridge", { mtu: 1000, slaac: true }, below(1000)],
  [
    "bridge",
    { runtimeConfig: { mac: "00:00:00:00:00:00" } },
    'invalid "runtimeConfig.mac" 00:00:00:00:00:00: it is no address',
  ],
  [
    "bridge",
    { mtu: 1000, ipam: { type: "x" }, runtimeConfig: { ips: ["fd00::2/64"] } },
    below(1000),
  ],
];

describe("MAC and MTU", () => {
  for (const [cases, mark] of [
    [CASES, "case P7"],
    [KINDS, "case P7, kind"],
  ] as const) {
    for (const [type, keys, msg] of cases) {
      const chained = type === "tuning" ? { prevResult: { cniVersion: "1.1.0" } } : {};
      needs()(`${mark}: ${type} with ${JSON.stringify(keys)}`, async () => {
        await refused(type, { ...keys, ...chained }, msg);
      });
    }
  }

  needs()("the least that is possible is allowed", async () => {
    const bridge = await load("bridge");
    const small = await callPlugin(bridge, "ADD", one, { mtu: 68, ipam: ipam(4) });
    expect(small.json.interfaces?.at(-1)).toMatchObject({ mtu: 68 });
    const keys = { bridge: "br6", mtu: 1280, isGateway: true, ipam: ipam(4, 6) };
    const v6 = await callPlugin(bridge, "ADD", one, keys, { ifName: "eth1" });
    expect(v6).toMatchObject({ exitCode: 0 });
    await must(["ip", "link", "delete", "br6"]);
  });
});

describe("where the kernel alone knows", () => {
  needs()("case P7, kind: a bridge that exists is too small for the IPv6 gateway", async () => {
    await must(["ip", "link", "add", "br5", "type", "bridge"]);
    await must(["ip", "link", "set", "br5", "mtu", "1000"]); // it stays, whatever its ports have
    const keys = { bridge: "br5", isGateway: true, ipam: ipam(4, 6) };
    const { json } = await callPlugin(await load("bridge"), "ADD", one, keys);
    expect(json).toMatchObject({
      code: 7,
      msg: below(1000),
      details: expect.stringContaining("br5") as string,
    });
    await must(["ip", "link", "delete", "br5"]);
  });

  needs("kernel:macvlan")("case P7, kind: the master's MTU is too small for IPv6", async () => {
    await must(["ip", "link", "set", DEVICE, "mtu", "1000"]);
    const { json } = await callPlugin(await load("macvlan"), "ADD", one, {
      ...MASTER,
      ipam: ipam(6),
    });
    expect(json).toMatchObject({ code: 7, msg: below(1000) });
  });

  needs("kernel:macvlan")(
    "case P7, kind: STATUS knows that the master's MTU is the limit",
    async () => {
      const { json } = await callPlugin(await load("macvlan"), "STATUS", one, {
        ...MASTER,
        mtu: 9000,
      });
      expect(json).toMatchObject({
        code: 7,
        msg: "invalid MTU 9000, must be [0, master MTU(1500)]",
      });
    },
  );

  for (const isListed of [true, false]) {
    const what = isListed ? "the result lists" : "no result lists";
    needs()(`case P7, kind: tuning takes no IPv6 address away that ${what}`, async () => {
      const keys = { ipam: ipam(4, 6) };
      const added = await callPlugin(await load("bridge"), "ADD", one, keys);
      const before = await linkOf(one, "eth0");
      const prevResult = isListed ? added.json : { ...added.json, ips: [] };
      const { json } = await callPlugin(await load("tuning"), "ADD", one, {
        mtu: 1000,
        prevResult,
      });
      expect(json).toMatchObject({
        ...{ code: 7, msg: below(1000) },
        details: expect.stringMatching(/^eth0 would lose fd00:10:1::/) as string,
      });
      const { operstate: _before, ...was } = before as { operstate?: string };
      const { operstate: _after, ...is } = (await linkOf(one, "eth0")) as { operstate?: string };
      expect(is).toEqual(was);
      const addresses = await must(["ip", "-n", "one", "-6", "address", "show", "dev", "eth0"]);
      expect(addresses).toContain("fd00:10:1::");
    });
  }
});
