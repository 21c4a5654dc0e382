import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { DEVICE, LAN4 } from "../../../tests/support/host-lab.ts";
import { addressesOf, ipJson, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

const run = needs("kernel:ipvlan");
const PORT = 80;
const BASE = { master: DEVICE, ipam: ipam(4) };

const lab = pluginLab(plugin, { containers: ["one", "two"], device: "up" });
const { one, two } = lab;

async function refused(keys: Keys, verb: "ADD" | "CHECK" | "STATUS" = "ADD"): Promise<unknown> {
  const { json } = await lab.call(verb, { master: DEVICE, ...keys });
  expect((await ipJson(one, "link", "show")).length).toBe(1);
  return { code: json.code, msg: json.msg };
}

async function modeOf(container: Container): Promise<unknown> {
  const [made] = (await ipJson(container, "link", "show", "dev", "eth0")) as {
    linkinfo?: { info_data?: { mode?: string } };
  }[];
  return made?.linkinfo?.info_data?.mode;
}

describe("keys that are refused", () => {
  test("an unknown mode, an MTU that is none", async () => {
    const mode = { code: 7, msg: 'unknown ipvlan mode: "l4"' };
    expect(await refused({ ...BASE, mode: "l4" })).toEqual(mode);
    const mtu = { code: 7, msg: "invalid MTU 65536, must be at most 65535" };
    expect(await refused({ ...BASE, mtu: 65_536 })).toEqual(mtu);
  });

  test("862: dhcp, which cannot tell such links apart", async () => {
    for (const verb of ["ADD", "STATUS"] as const) {
      const msg = "ipvlan cannot have its addresses from dhcp";
      expect(await refused({ ipam: { type: "dhcp" } }, verb)).toEqual({ code: 7, msg });
    }
  });

  test("no IPAM, and no addresses from an earlier plugin", async () => {
    const error = { code: 7, msg: "ipvlan interface requires an IPAM configuration" };
    const prevResult = { cniVersion: "1.1.0", interfaces: [{ name: DEVICE }] };
    for (const keys of [{}, { ipam: {} }, { prevResult }]) {
      expect(await refused(keys)).toEqual(error);
    }
  });

  test("a previous result that does not tell the master", async () => {
    const msg = "chained master failure. PrevResult lacks a single named interface";
    for (const interfaces of [[], [{ name: DEVICE }, { name: "lo" }], [{ name: "" }]]) {
      const prevResult = { cniVersion: "1.1.0", interfaces, ips: [{ address: "10.1.0.9/16" }] };
      expect(await refused({ master: "", prevResult })).toEqual({ code: 7, msg });
    }
  });
});

describe("mode", () => {
  for (const mode of ["", "l2", "l3", "l3s"]) {
    run(`${JSON.stringify(mode)}: as ip shows it, and CHECK knows it`, async () => {
      const made = mode === "" ? "l2" : mode;
      const prevResult = await lab.add({ ...BASE, mode });
      expect(await modeOf(one)).toBe(made);
      const check = (other: string) => lab.call("CHECK", { ...BASE, mode: other, prevResult });
      expect((await check(mode)).json).toEqual({});
      const wrong = made === "l3s" ? "l2" : "l3s";
      const msg = `mode of eth0 is ${made} and not ${wrong}`;
      expect((await check(wrong)).json).toMatchObject({ code: 100, msg });
    });
  }
});

run("mtu is the link's, and the master's without it; dns is the configuration's", async () => {
  const dns = { nameservers: ["10.1.0.1"] };
  const result = await lab.add({ ...BASE, mtu: 1400, dns });
  expect(result).toMatchObject({ dns, interfaces: [{ mtu: 1400 }] });
  await lab.add({ ...BASE, mtu: -1 }, { container: two });
  expect([(await linkOf(one, "eth0")).mtu, (await linkOf(two, "eth0")).mtu]).toEqual([1400, 1500]);
});

run("behind another plugin: master, addresses and routes come from the result", async () => {
  const prevResult = {
    cniVersion: "1.1.0",
    interfaces: [{ name: DEVICE }],
    ips: [{ address: "10.1.0.77/16", gateway: "10.1.0.1", interface: 0 }],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const result = await lab.add({ prevResult });
  const { address } = await linkOf(one, "eth0");
  expect(result).toEqual({
    ...prevResult,
    interfaces: [{ name: "eth0", mac: address, mtu: 1500, sandbox: one.netns }],
  });
  expect(await addressesOf(one, "eth0")).toEqual([{ address: "10.1.0.77/16", tentative: false }]);
  const check = await lab.call("CHECK", { prevResult: result });
  expect(check.json).toEqual({});
  expect((await lab.call("DEL", { prevResult: result })).exitCode).toBe(0);
  expect((await ipJson(one, "link", "show")).length).toBe(1);
});

run("an address that another link of the master has: try again later, nothing stays", async () => {
  await lab.add(BASE);
  const prevResult = {
    cniVersion: "1.1.0",
    interfaces: [{ name: DEVICE }],
    ips: [{ address: "10.1.0.2/16" }],
  };
  const { json } = await lab.call("ADD", { prevResult }, { container: two });
  expect(json.code).toBe(11);
  expect((await ipJson(two, "link", "show")).length).toBe(1);
});

run("l2: containers reach each other and the wire behind the master", async () => {
  await lab.serve(lab.lan);
  await lab.add(BASE);
  await lab.add(BASE, { container: two });
  await lab.serve(two);
  expect(await askFrom(one, "10.1.0.3", PORT)).toBe("two 10.1.0.2");
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.1.0.2");
  expect((await linkOf(one, "eth0")).address).toBe((await linkOf(undefined, DEVICE)).address);
});

run("l3: the host's routes lead to the wire", async () => {
  await lab.serve(lab.lan);
  await must(["ip", "address", "add", "10.1.0.200/16", "dev", DEVICE]);
  await must(["ip", "-n", "lan", "route", "add", "10.20.0.0/24", "via", "10.1.0.200"]);
  const ranges = [[{ subnet: "10.20.0.0/24" }]];
  const routes = [{ dst: "0.0.0.0/0" }];
  const keys = { ...BASE, mode: "l3", ipam: { type: "host-local", ranges, routes } };
  await lab.add(keys);
  expect(await askFrom(one, LAN4, PORT)).toBe("lan 10.20.0.2");
});
