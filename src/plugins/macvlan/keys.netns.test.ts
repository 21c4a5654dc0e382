import { afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import {
  type CallOptions,
  callPlugin,
  ipam,
  ipJson,
  type Keys,
  linkOf,
} from "../../../tests/support/bridge.ts";
import { attachPlugin, ChildLab, MASTER } from "../../../tests/support/child-lab.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

const run = needs("kernel:macvlan");
const BASE = { master: MASTER, ipam: ipam(4) };
const MAC = "c2:11:22:33:44:55";

let lab: ChildLab;
let one: Container;
beforeAll(async () => {
  lab = await ChildLab.create();
});
beforeEach(async () => {
  await lab.plugIn();
  one = await lab.host.container("one");
});
afterEach(async () => {
  await lab.host.remove(one);
  await lab.host.tidy();
});

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
  const { json } = await callPlugin(plugin, "ADD", one, { ...BASE, ...keys }, options);
  expect(leaks(diff(before, await lab.host.snapshot([one])))).toEqual([]);
  return { code: json.code, msg: json.msg };
}

describe("mode", () => {
  for (const mode of ["bridge", "private", "vepa", "passthru"]) {
    run(`${mode}: as ip shows it, and CHECK knows it`, async () => {
      const prevResult = await attachPlugin(plugin, one, { ...BASE, mode });
      expect(await settings()).toMatchObject({ mode });
      const check = (other: string) =>
        callPlugin(plugin, "CHECK", one, { ...BASE, mode: other, prevResult });
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
      await attachPlugin(plugin, one, { ...BASE, ...keys });
      expect(await settings()).toMatchObject({ mode: "bridge" });
      await callPlugin(plugin, "DEL", one, BASE);
    }
  });

  run("an unknown one is refused", async () => {
    const answer = { code: 7, msg: 'unknown macvlan mode: "source"' };
    expect(await refused({ mode: "source" })).toEqual(answer);
  });

  run("passthru is refused while the master has other links", async () => {
    await attachPlugin(plugin, one, BASE);
    const { json } = await callPlugin(
      plugin,
      "ADD",
      one,
      { ...BASE, mode: "passthru" },
      { ifName: "eth1" },
    );
    expect(json).toMatchObject({
      code: 11,
      msg: `master "${MASTER}" cannot have a macvlan link now`,
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
      const result = await attachPlugin(plugin, one, { ...BASE, mtu });
      expect((await linkOf(one, "eth0")).mtu).toBe(mtu);
      expect(result.interfaces?.[0]?.mtu).toBe(mtu);
      await callPlugin(plugin, "DEL", one, BASE);
    }
  });

  run("is the master's without the key", async () => {
    await must(["ip", "link", "set", "dev", MASTER, "mtu", "1450"]);
    await attachPlugin(plugin, one, BASE);
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
    const prevResult = await attachPlugin(plugin, one, keys);
    await must(["ip", "-n", "one", "link", "set", "eth0", "mtu", "1300"]);
    const answer = await callPlugin(plugin, "CHECK", one, { ...keys, prevResult });
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
      const result = await attachPlugin(plugin, one, { ...BASE, ...keys }, options);
      expect((await linkOf(one, "eth0")).address).toBe(MAC);
      expect(result.interfaces?.[0]?.mac).toBe(MAC);
    });
  }

  run("is random, local and unicast otherwise", async () => {
    const seen = new Set<string>();
    for (let time = 0; time < 3; time++) {
      await attachPlugin(plugin, one, BASE);
      const { address } = await linkOf(one, "eth0");
      expect(Number.parseInt(address.slice(0, 2), 16) & 3).toBe(2);
      seen.add(address);
      await callPlugin(plugin, "DEL", one, BASE);
    }
    expect(seen.size).toBe(3);
  });

  run("of a passthru link is the master's, which has its own again after DEL", async () => {
    const before = (await linkOf(undefined, MASTER)).address;
    await attachPlugin(plugin, one, { ...BASE, mode: "passthru" });
    expect((await linkOf(one, "eth0")).address).toBe(before);
    await callPlugin(plugin, "DEL", one, BASE);
    await attachPlugin(plugin, one, { ...BASE, mode: "passthru", mac: MAC });
    expect((await linkOf(one, "eth0")).address).toBe(MAC);
    expect((await linkOf(undefined, MASTER)).address).toBe(MAC);
    await callPlugin(plugin, "DEL", one, BASE);
    expect((await linkOf(undefined, MASTER)).address).toBe(before);
  });

  run("what is none is refused", async () => {
    const msg = "address nonsense: invalid MAC address";
    expect(await refused({ mac: "nonsense" })).toEqual({ code: 7, msg });
    expect(await refused({}, { args: "MAC=nonsense" })).toEqual({ code: 7, msg });
    expect(await refused({}, { args: "COLOR=red" })).toMatchObject({ code: 4 });
    expect(await refused({ mac: "01:00:5e:00:00:01" })).toMatchObject({ code: 7 });
  });

  run("that another link of the master has: try again later, and nothing stays", async () => {
    await attachPlugin(plugin, one, { ...BASE, mac: MAC });
    const two = await lab.host.container("two");
    const { json } = await callPlugin(plugin, "ADD", two, { ...BASE, mac: MAC });
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
    await attachPlugin(plugin, one, { ...BASE, bcqueuelen: 2000 });
    expect(await settings()).toMatchObject({ bcqueuelen: 2000 });
    await callPlugin(plugin, "DEL", one, BASE);
    await attachPlugin(plugin, one, BASE);
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
    for (const keys of [{ master: MASTER }, { master: MASTER, ipam: {} }]) {
      const prevResult = await attachPlugin(plugin, one, keys);
      const made = await linkOf(one, "eth0");
      expect(made.flags).toContain("UP");
      expect(prevResult).toEqual({
        cniVersion: "1.1.0",
        interfaces: [{ name: "eth0", mac: made.address, mtu: 1500, sandbox: one.netns }],
      });
      expect((await callPlugin(plugin, "CHECK", one, { ...keys, prevResult })).json).toEqual({});
      await callPlugin(plugin, "DEL", one, keys);
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
    expect((await attachPlugin(plugin, one, { ...BASE, dns }, options)).dns).toEqual(dns);
    await callPlugin(plugin, "DEL", one, BASE, options);
    expect((await attachPlugin(plugin, one, BASE, options)).dns).toBeUndefined();
  });
});

describe("chained", () => {
  const keys = { ipam: ipam(4) };
  const previous = (...interfaces: object[]) => ({ cniVersion: "1.1.0", interfaces });

  async function masterAfter(prevResult: object, more: Keys = {}): Promise<string | undefined> {
    const { json } = await callPlugin(plugin, "ADD", one, { ...keys, ...more, prevResult });
    if (json.code !== undefined) return json.msg;
    const [made] = (await ipJson(one, "link", "show", "dev", "eth0")) as {
      link?: string;
      link_index?: number;
    }[];
    const all = (await ipJson(undefined, "link", "show")) as { ifindex?: number; ifname: string }[];
    await callPlugin(plugin, "DEL", one, keys);
    return made?.link ?? all.find(({ ifindex }) => ifindex === made?.link_index)?.ifname;
  }

  run("903: the one link of the previous result is the master", async () => {
    expect(await masterAfter(previous({ name: MASTER }))).toBe(MASTER);
    await lab.innerMaster(one);
    const inside = previous({ name: "inner0", sandbox: one.netns });
    expect(await masterAfter(inside, { linkInContainer: true })).toBe("inner0");
  });

  run("else the default route decides, as it does in Go's plugin", async () => {
    await must(["ip", "link", "add", "other0", "type", "veth", "peer", "name", "other1"]);
    await must(["ip", "link", "set", "dev", "other0", "up"]);
    await must(["ip", "link", "set", "dev", "other1", "up"]);
    await must(["ip", "route", "add", "default", "via", "192.0.2.9", "dev", "other0", "onlink"]);
    for (const interfaces of [
      [{ name: MASTER }, { name: "eth9", sandbox: one.netns }],
      [{ name: MASTER, sandbox: one.netns }],
      [{ name: "nowhere0" }],
      [{ name: "lo" }],
      [],
    ]) {
      expect(await masterAfter(previous(...interfaces))).toBe("other0");
    }
    expect(await masterAfter(previous({ name: "other1" }), { master: MASTER })).toBe(MASTER);
    await must(["ip", "link", "delete", "other0"]);
  });
});
