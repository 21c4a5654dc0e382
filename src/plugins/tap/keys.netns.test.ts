import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { addressesOf } from "../../../tests/support/ip.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

const lab = pluginLab(plugin);
const { one } = lab;

interface Tap {
  readonly address: string;
  readonly mtu: number;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly ifalias?: string;
  readonly linkinfo: { readonly info_kind: string; readonly info_data: Keys };
}

/** What `ip -j -d` says of a link of the container. */
async function tap(name = "eth0"): Promise<Tap> {
  const text = await must(["ip", "-n", "one", "-j", "-d", "link", "show", "dev", name]);
  const [found] = JSON.parse(text) as Tap[];
  if (found === undefined) throw new Error(`no link ${name}`);
  return found;
}

/** A number that the driver tells in sysfs, -1 for none. */
async function ofSysfs(file: string): Promise<number> {
  return Number(await must(["ip", "netns", "exec", "one", "cat", `/sys/class/net/eth0/${file}`]));
}

const PLAIN = { type: "tap", pi: false, vnet_hdr: false, multi_queue: false, persist: true };

describe("the tap", () => {
  test("without any key: persistent, up, of layer 2 alone, with its owner's mark", async () => {
    const result = await lab.add({});
    const found = await tap();
    expect(found).toMatchObject({
      mtu: 1500,
      ifalias: "net1 id-one eth0",
      flags: expect.arrayContaining(["UP"]) as never,
      linkinfo: { info_kind: "tun", info_data: PLAIN },
    });
    expect(found.linkinfo.info_data).toEqual(PLAIN);
    expect(result).toEqual({
      cniVersion: "1.1.0",
      interfaces: [{ name: "eth0", mac: found.address, mtu: 1500, sandbox: one.netns }],
    });
    expect(await addressesOf(one, "eth0")).toEqual([]);
    expect((await must(["ip", "-j", "link", "show", "type", "tun"])).trim()).toMatch(/^(\[\])?$/u);
  });

  const mac = "c2:11:22:33:44:55";
  const variants: [string, Keys, { owner: number; group: number; multiQueue: boolean }][] = [
    ["owner", { owner: 1000 }, { owner: 1000, group: -1, multiQueue: false }],
    ["group", { group: 107 }, { owner: -1, group: 107, multiQueue: false }],
    ["owner and group", { owner: 0, group: 0 }, { owner: 0, group: 0, multiQueue: false }],
    ["multiQueue", { multiQueue: true }, { owner: -1, group: -1, multiQueue: true }],
    [
      "all of them",
      { owner: 4_000_000_000, group: 107, multiQueue: true },
      { owner: 4_000_000_000, group: 107, multiQueue: true },
    ],
  ];
  test.each(variants)("%s: MAC and MTU are honoured with it", async (_what, keys, wanted) => {
    const asked = { ...keys, mac, mtu: 1400 };
    const result = await lab.add(asked);
    const found = await tap();
    const { owner, group, multiQueue } = wanted;
    expect([await ofSysfs("owner"), await ofSysfs("group")]).toEqual([owner, group]);
    expect(found.linkinfo.info_data).toMatchObject({ ...PLAIN, multi_queue: multiQueue });
    expect([found.address, found.mtu]).toEqual([mac, 1400]);
    expect(result.interfaces).toEqual([{ name: "eth0", mac, mtu: 1400, sandbox: one.netns }]);
    const check = await lab.call("CHECK", { ...asked, prevResult: result });
    expect(check).toMatchObject({ exitCode: 0, stderr: "" });
    for (const key of ["owner", "group"]) {
      const other = { ...asked, [key]: 77, prevResult: result };
      const { json } = await lab.call("CHECK", other);
      expect(json).toMatchObject({
        code: 100,
        msg: expect.stringContaining("instead of 77") as string,
      });
    }
  });

  test("MAC: configuration < CNI_ARGS < args.cni < capability", async () => {
    const at = (last: number): string => `c2:00:00:00:00:0${last}`;
    const all: [Keys, string][] = [
      [{ mac: at(0) }, ""],
      [{ mac: at(0) }, `MAC=${at(1)}`],
      [{ mac: at(0), args: { cni: { mac: at(2) } } }, `MAC=${at(1)}`],
      [{ mac: at(0), runtimeConfig: { mac: at(3) } }, `MAC=${at(1)}`],
    ];
    for (const [number, [keys, args]] of all.entries()) {
      const ifName = `eth${number}`;
      const result = await lab.add(keys, { args, ifName });
      expect(result.interfaces?.[0]?.mac).toBe(at(number));
      expect((await tap(ifName)).address).toBe(at(number));
    }
  });

  test("bridge: a port of a bridge that is in the container", async () => {
    await must(["ip", "-n", "one", "link", "add", "k6t", "type", "bridge"]);
    const result = await lab.add({ bridge: "k6t" });
    expect((await tap()).master).toBe("k6t");
    const keys = { bridge: "k6t", prevResult: result };
    expect(await lab.call("CHECK", keys)).toMatchObject({ exitCode: 0 });
    await must(["ip", "-n", "one", "link", "set", "dev", "eth0", "nomaster"]);
    expect((await lab.call("CHECK", keys)).json).toMatchObject({
      code: 100,
      msg: "interface eth0 is no port of bridge k6t",
    });
  });

  test("addresses and routes of both families", async () => {
    const result = await lab.add({ ipam: ipam(4, 6), dns: { nameservers: ["192.0.2.53"] } });
    expect(result.ips).toEqual([
      { address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 0 },
      { address: "fd00:10:1::2/64", gateway: "fd00:10:1::1", interface: 0 },
    ]);
    expect(result.dns).toEqual({ nameservers: ["192.0.2.53"] });
    expect(await addressesOf(one, "eth0")).toEqual([
      { address: "10.1.0.2/16", tentative: false },
      { address: "fd00:10:1::2/64", tentative: false },
    ]);
    const routes = await must(["ip", "-n", "one", "route"]);
    expect(routes).toContain("default via 10.1.0.1 dev eth0");
    expect(await must(["ip", "-n", "one", "-6", "route"])).toContain("via fd00:10:1::1 dev eth0");
  });
});

describe("what is refused, with nothing left", () => {
  const refused: [string, Keys, number, string][] = [
    ["an owner that is no number", { owner: "root" }, 7, '"owner" is "root"'],
    ["an owner below zero", { owner: -1 }, 7, '"owner" is -1'],
    ["the number that means nobody", { group: 4294967295 }, 7, '"group" is 4294967295'],
    ["an MTU beyond the driver's", { mtu: 65522 }, 7, "invalid MTU 65522"],
    ["an MTU below the kernel's least", { mtu: 10 }, 7, "invalid MTU 10, must be at least 68"],
    ["a MAC that is none", { mac: "x" }, 7, "address x: invalid MAC address"],
    ["a MAC of a group", { mac: "01:00:5e:00:00:01" }, 7, 'invalid "mac" 01:00:5e:00:00:01'],
    ["a bridge that is not there", { bridge: "br7" }, 7, 'failed to get bridge "br7"'],
    ["a bridge that is none", { bridge: "lo" }, 7, 'failed to get bridge "lo": it is no bridge'],
    ["a bridge's name that is a path", { bridge: "../a" }, 7, 'invalid bridge name "../a"'],
    ["a context of two lines", { selinuxContext: "a\nb" }, 7, "it must be one line"],
    [
      "a context without SELinux",
      { selinuxContext: "system_u:system_r:container_t:s0" },
      7,
      "SELinux is not enabled on this host",
    ],
  ];
  test.each(refused)("%s", async (_what, keys, code, text) => {
    const before = await lab.host.snapshot([one]);
    const { json } = await lab.call("ADD", keys);
    expect(json).toMatchObject({ code, msg: expect.stringContaining(text) as string });
    expect(await lab.host.snapshot([one])).toEqual(before);
  });

  test("unknown CNI_ARGS", async () => {
    const { json } = await lab.call("ADD", {}, { args: "FOO=1" });
    expect(json).toMatchObject({ code: 4, msg: 'ARGS: unknown args ["FOO=1"]' });
  });
});
