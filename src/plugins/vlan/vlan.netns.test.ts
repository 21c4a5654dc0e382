import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import type { Container } from "../../../tests/support/host.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { ipJson, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

const run = needs("kernel:vlan");
const BASE = { master: DEVICE, vlanId: 7, ipam: ipam(4) };

const lab = pluginLab(plugin, { containers: ["one", "two"], device: "up" });
const { one, two } = lab;

async function vlanIdOf(container: Container): Promise<unknown> {
  const [made] = (await ipJson(container, "link", "show", "dev", "eth0")) as {
    linkinfo?: { info_data?: { id?: number } };
  }[];
  return made?.linkinfo?.info_data?.id;
}

async function refused(keys: Keys, verb: "ADD" | "CHECK" | "STATUS" = "ADD"): Promise<unknown> {
  const prevResult = { cniVersion: "1.1.0" };
  const { json } = await lab.call(verb, { ...BASE, prevResult, ...keys });
  expect((await ipJson(one, "link", "show")).length).toBe(1);
  return { code: json.code, msg: json.msg };
}

describe("keys that are refused", () => {
  test("no master", async () => {
    for (const verb of ["ADD", "CHECK", "STATUS"] as const) {
      expect(await refused({ master: "" }, verb)).toEqual({
        code: 7,
        msg: '"master" field is required. It specifies the host interface name to create the VLAN for',
      });
    }
  });

  test("a VLAN ID that is none, an MTU above the master's", async () => {
    for (const vlanId of [-1, 4095, 65_543]) {
      const msg = `invalid VLAN ID ${vlanId} (must be between 0 and 4094 inclusive)`;
      expect(await refused({ vlanId })).toEqual({ code: 7, msg });
    }
    for (const mtu of [1501, -1]) {
      const msg = `invalid MTU ${mtu}, must be [0, master MTU(1500)]`;
      expect(await refused({ mtu })).toEqual({ code: 7, msg });
    }
  });
});

describe("without IPAM", () => {
  for (const ipamKeys of [{}, { ipam: {} }, { ipam: { type: "" } }]) {
    const keys = { master: DEVICE, vlanId: 7, ...ipamKeys };
    const mark = "ipam" in ipamKeys ? "case P15, kind" : "case P15";

    run(`${mark}: the link is up and has no addresses (${JSON.stringify(ipamKeys)})`, async () => {
      const prevResult = await lab.add(keys);
      expect([prevResult.ips ?? [], prevResult.interfaces?.length]).toEqual([[], 1]);
      const { flags = [] } = await linkOf(one, "eth0");
      expect([flags.includes("UP"), await vlanIdOf(one)]).toEqual([true, 7]);
      expect((await lab.call("CHECK", { ...keys, prevResult })).json).toEqual({});
      await lab.del(keys);
      expect((await ipJson(one, "link", "show")).length).toBe(1);
    });
  }

  test("case P15, kind: the configuration is right, also on a kernel without VLANs", async () => {
    const { json } = await lab.call("STATUS", { master: DEVICE, vlanId: 7 });
    expect([undefined, 50]).toContain(json.code);
  });
});

run("vlanId is the link's, from 0 to 4094, and CHECK knows it", async () => {
  for (const vlanId of [7, 4094, 0]) {
    const keys = { ...BASE, vlanId };
    const prevResult = await lab.add(keys);
    expect(await vlanIdOf(one)).toBe(vlanId);
    const check = (id: number) => lab.call("CHECK", { ...BASE, vlanId: id, prevResult });
    expect((await check(vlanId)).json).toEqual({});
    const msg = `VLAN ID of eth0 is ${vlanId} and not 9`;
    expect((await check(9)).json).toMatchObject({ code: 100, msg });
    await lab.call("DEL", keys);
  }
});

run("mtu is the link's, the master's without it; dns is the configuration's", async () => {
  const dns = { nameservers: ["10.1.0.1"] };
  const result = await lab.add({ ...BASE, mtu: 1400, dns });
  expect(result).toMatchObject({ dns, interfaces: [{ mtu: 1400 }] });
  expect((await linkOf(one, "eth0")).mtu).toBe(1400);
});

run("243: a VLAN ID that is in use: try again later, and the error tells who has it", async () => {
  await lab.add(BASE);
  const { json } = await lab.call("ADD", BASE, { container: two });
  expect(json).toMatchObject({
    code: 11,
    msg: `VLAN ID 7 of master "${DEVICE}" is in use`,
    details: "a link of another namespace has it",
  });
  await lab.add({ ...BASE, vlanId: 8 }, { container: two });
  await lab.call("DEL", BASE, { container: two });
  await must(["ip", "link", "add", "link", DEVICE, "name", "office", "type", "vlan", "id", "8"]);
  const other = await lab.call("ADD", { ...BASE, vlanId: 8 }, { container: two });
  expect(other.json).toMatchObject({ code: 11, details: "office has it" });
  expect((await ipJson(two, "link", "show")).length).toBe(1);
});

run("frames leave the master with the VLAN's tag, and others do not come in", async () => {
  const ip = (words: string): Promise<string> => must(["ip", "-n", "lan", ...words.split(" ")]);
  await ip("address flush dev lan0");
  await ip("link add link lan0 name lan0.7 type vlan id 7");
  await ip("address add 10.1.0.1/16 dev lan0.7");
  await ip("link set lan0.7 up");
  const server = await startGreeter(lab.lan, 80);
  await lab.add(BASE);
  await lab.add({ ...BASE, vlanId: 8 }, { container: two });
  expect(await askFrom(one, "10.1.0.1", 80)).toBe("lan 10.1.0.2");
  expect(await failureOf(askFrom(two, "10.1.0.1", 80))).toBeDefined();
  await server.stop();
});
