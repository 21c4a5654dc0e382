import { describe, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { ipJson, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type CallOptions, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { innerMaster } from "../../../tests/support/virtual-links.ts";
import { plugin } from "./index.ts";

const run = needs("kernel:macvlan");
const BASE = { master: DEVICE, ipam: ipam(4) };
const MAC = "c2:11:22:33:44:55";

const lab = pluginLab(plugin, { device: "up" });
const { one } = lab;

interface MacvlanLink {
  readonly link?: string;
  readonly linkinfo?: { readonly info_data?: Readonly<Record<string, unknown>> };
}

async function settings(): Promise<Readonly<Record<string, unknown>>> {
  const [made] = (await ipJson(one, "link", "show", "dev", "eth0")) as MacvlanLink[];
  return made?.linkinfo?.info_data ?? {};
}

interface Refusal {
  readonly code: number | undefined;
  readonly msg: string | undefined;
}

async function refused(keys: Keys, options: CallOptions = {}): Promise<Refusal> {
  const before = await lab.host.snapshot([one]);
  const { json } = await lab.call("ADD", { ...BASE, ...keys }, options);
  expect(leaks(diff(before, await lab.host.snapshot([one])))).toEqual([]);
  return { code: json.code, msg: json.msg };
}

describe("mode", () => {
  for (const mode of ["bridge", "private", "vepa", "passthru"]) {
    run(`${mode}: as ip shows it, and CHECK knows it`, async () => {
      const prevResult = await lab.add({ ...BASE, mode });
      expect(await settings()).toMatchObject({ mode });
      const check = (other: string) => lab.call("CHECK", { ...BASE, mode: other, prevResult });
      expect((await check(mode)).json).toEqual({});
      const wrong = mode === "vepa" ? "private" : "vepa";
      expect((await check(wrong)).json).toMatchObject({
        code: 100,
        msg: `mode of eth0 is ${mode} and not ${wrong}`,
      });
    });
  }

  run('is bridge without the key and as ""', async () => {
    for (const keys of [{}, { mode: "" }]) {
      await lab.add({ ...BASE, ...keys });
      expect(await settings()).toMatchObject({ mode: "bridge" });
      await lab.call("DEL", BASE);
    }
  });

  run("an unknown one is refused", async () => {
    const answer = { code: 7, msg: 'unknown macvlan mode: "source"' };
    expect(await refused({ mode: "source" })).toEqual(answer);
  });

  run("passthru is refused while the master has other links", async () => {
    await lab.add(BASE);
    const { json } = await lab.call("ADD", { ...BASE, mode: "passthru" }, { ifName: "eth1" });
    expect(json).toMatchObject({
      code: 11,
      msg: `master "${DEVICE}" cannot have a macvlan link now`,
    });
  });
});

run("a master that is no Ethernet link is refused", async () => {
  const { code } = await refused({ master: "lo" });
  expect(code).toBe(7);
});

describe("mtu", () => {
  run("is the link's; up to the master's", async () => {
    for (const mtu of [68, 1400, 1500]) {
      const result = await lab.add({ ...BASE, mtu });
      expect((await linkOf(one, "eth0")).mtu).toBe(mtu);
      expect(result.interfaces?.[0]?.mtu).toBe(mtu);
      await lab.call("DEL", BASE);
    }
  });

  run("is the master's without the key", async () => {
    await must(["ip", "link", "set", "dev", DEVICE, "mtu", "1450"]);
    await lab.add(BASE);
    expect((await linkOf(one, "eth0")).mtu).toBe(1450);
  });

  run("above the master's, and below zero, it is refused", async () => {
    for (const mtu of [1501, 65_536, -1]) {
      const msg = `invalid MTU ${mtu}, must be [0, master MTU(1500)]`;
      expect(await refused({ mtu })).toEqual({ code: 7, msg });
    }
  });

  run("CHECK of a version without MTUs in results lets a later plugin's MTU be", async () => {
    const keys = { ...BASE, cniVersion: "1.0.0", mtu: 1400 };
    const prevResult = await lab.add(keys);
    await must(["ip", "-n", "one", "link", "set", "eth0", "mtu", "1300"]);
    const answer = await lab.call("CHECK", { ...keys, prevResult });
    expect(answer).toMatchObject({ exitCode: 0 });
  });
});

describe("mac", () => {
  const capability = { runtimeConfig: { mac: MAC } };
  const ways: readonly [string, Keys, CallOptions][] = [
    ["the key", { mac: MAC }, {}],
    ["CNI_ARGS over the key", { mac: "c2:00:00:00:00:01" }, { args: `MAC=${MAC}` }],
    [
      "the capability over all",
      { mac: "c2:00:00:00:00:01", ...capability },
      { args: "MAC=c2:00:00:00:00:02" },
    ],
  ];
  for (const [way, keys, options] of ways) {
    run(`is asked for by ${way}`, async () => {
      const result = await lab.add({ ...BASE, ...keys }, options);
      expect((await linkOf(one, "eth0")).address).toBe(MAC);
      expect(result.interfaces?.[0]?.mac).toBe(MAC);
    });
  }

  run("is random, local and unicast otherwise", async () => {
    const seen = new Set<string>();
    for (let time = 0; time < 3; time++) {
      await lab.add(BASE);
      const { address } = await linkOf(one, "eth0");
      expect(Number.parseInt(address.slice(0, 2), 16) & 3).toBe(2);
      seen.add(address);
      await lab.call("DEL", BASE);
    }
    expect(seen.size).toBe(3);
  });

  run("of a passthru link is the master's, which has its own again after DEL", async () => {
    const before = (await linkOf(undefined, DEVICE)).address;
    await lab.add({ ...BASE, mode: "passthru" });
    expect((await linkOf(one, "eth0")).address).toBe(before);
    await lab.call("DEL", BASE);
    await lab.add({ ...BASE, mode: "passthru", mac: MAC });
    expect((await linkOf(one, "eth0")).address).toBe(MAC);
    expect((await linkOf(undefined, DEVICE)).address).toBe(MAC);
    await lab.call("DEL", BASE);
    expect((await linkOf(undefined, DEVICE)).address).toBe(before);
  });

  run("what is none is refused", async () => {
    const msg = "address nonsense: invalid MAC address";
    expect(await refused({ mac: "nonsense" })).toEqual({ code: 7, msg });
    expect(await refused({}, { args: "MAC=nonsense" })).toEqual({ code: 7, msg });
    expect(await refused({}, { args: "COLOR=red" })).toMatchObject({ code: 4 });
    expect(await refused({ mac: "01:00:5e:00:00:01" })).toMatchObject({ code: 7 });
  });

  run("that another link of the master has: try again later, and nothing stays", async () => {
    await lab.add({ ...BASE, mac: MAC });
    const two = await lab.host.container("two");
    const { json } = await lab.call("ADD", { ...BASE, mac: MAC }, { container: two });
    expect(json).toMatchObject({
      code: 11,
      msg: "another link of the same master has the MAC or an address of this one",
    });
    expect((await ipJson(two, "link", "show")).length).toBe(1);
    await lab.host.remove(two);
  });
});

describe("bcqueuelen", () => {
  run("is the number of broadcasts that may wait", async () => {
    await lab.add({ ...BASE, bcqueuelen: 2000 });
    expect(await settings()).toMatchObject({ bcqueuelen: 2000 });
    await lab.call("DEL", BASE);
    await lab.add(BASE);
    expect(await settings()).toMatchObject({ bcqueuelen: 1000 });
  });

  run("is a number of 32 bits", async () => {
    for (const bcqueuelen of [-1, 2 ** 32]) {
      const { code, msg } = await refused({ bcqueuelen });
      expect(code).toBe(7);
      expect(msg).toContain(`"bcqueuelen" is ${bcqueuelen}`);
    }
  });
});

describe("ipam, dns", () => {
  run("without IPAM the link is up and has no addresses", async () => {
    for (const keys of [{ master: DEVICE }, { master: DEVICE, ipam: {} }]) {
      const prevResult = await lab.add(keys);
      const made = await linkOf(one, "eth0");
      expect(made.flags).toContain("UP");
      expect(prevResult).toEqual({
        cniVersion: "1.1.0",
        interfaces: [{ name: "eth0", mac: made.address, mtu: 1500, sandbox: one.netns }],
      });
      expect((await lab.call("CHECK", { ...keys, prevResult })).json).toEqual({});
      await lab.call("DEL", keys);
    }
  });

  run("dns is the configuration's, whatever IPAM says", async () => {
    const answer = { cniVersion: "1.1.0", ips: [{ address: "10.1.0.9/16" }], dns: { domain: "x" } };
    const options: CallOptions = {
      ipam: async (io) => {
        await Promise.resolve();
        if (io.env["CNI_COMMAND"] === "ADD") io.stdout(JSON.stringify(answer));
        return 0;
      },
    };
    const dns = { nameservers: ["10.1.0.1"] };
    expect((await lab.add({ ...BASE, dns }, options)).dns).toEqual(dns);
    await lab.call("DEL", BASE, options);
    expect((await lab.add(BASE, options)).dns).toBeUndefined();
  });
});

describe("chained", () => {
  const keys = { ipam: ipam(4) };
  const previous = (...interfaces: object[]) => ({ cniVersion: "1.1.0", interfaces });

  async function masterAfter(prevResult: object, more: Keys = {}): Promise<string | undefined> {
    const { json } = await lab.call("ADD", { ...keys, ...more, prevResult });
    if (json.code !== undefined) return json.msg;
    const [made] = (await ipJson(one, "link", "show", "dev", "eth0")) as {
      link?: string;
      link_index?: number;
    }[];
    const all = (await ipJson(undefined, "link", "show")) as { ifindex?: number; ifname: string }[];
    await lab.call("DEL", keys);
    return made?.link ?? all.find(({ ifindex }) => ifindex === made?.link_index)?.ifname;
  }

  run("903: the one link of the previous result is the master", async () => {
    expect(await masterAfter(previous({ name: DEVICE }))).toBe(DEVICE);
    await innerMaster(one);
    const inside = previous({ name: "inner0", sandbox: one.netns });
    expect(await masterAfter(inside, { linkInContainer: true })).toBe("inner0");
  });

  run("else the default route decides, as it does in Go's plugin", async () => {
    await must(["ip", "link", "add", "other0", "type", "veth", "peer", "name", "other1"]);
    await must(["ip", "link", "set", "dev", "other0", "up"]);
    await must(["ip", "link", "set", "dev", "other1", "up"]);
    await must(["ip", "route", "add", "default", "via", "192.0.2.9", "dev", "other0", "onlink"]);
    for (const interfaces of [
      [{ name: DEVICE }, { name: "eth9", sandbox: one.netns }],
      [{ name: DEVICE, sandbox: one.netns }],
      [{ name: "nowhere0" }],
      [{ name: "lo" }],
      [],
    ]) {
      expect(await masterAfter(previous(...interfaces))).toBe("other0");
    }
    expect(await masterAfter(previous({ name: "other1" }), { master: DEVICE })).toBe(DEVICE);
    await must(["ip", "link", "delete", "other0"]);
  });
});
