import { afterEach, describe, expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE, LAN4, LAN6 } from "../../../tests/support/host-lab.ts";
import { addressesOf, linkNames } from "../../../tests/support/ip.ts";
import { ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";
import type { PluginEntry } from "../../invoke/index.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

/** `useInterfaceNetwork`: the container gets what the host had configured on the device. */

const KEYS: Keys = { device: DEVICE, useInterfaceNetwork: true };

afterEach(async () => {
  await must(["ip", "rule", "flush"]);
  for (const [table, priority] of [
    ["main", "32766"],
    ["default", "32767"],
  ]) {
    await must(["ip", "rule", "add", "lookup", table ?? "", "priority", priority ?? ""]);
  }
});
const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "up" });
const { one } = lab;

async function configure(...lines: string[]): Promise<void> {
  for (const line of lines) await must(["ip", ...line.split(" ")]);
}

async function inside(...words: string[]): Promise<string> {
  return await must(["ip", "-n", "one", ...words]);
}

describe("useInterfaceNetwork", () => {
  test("1.10.0: IPAM may give no address, since the device has some", async () => {
    await must(["ip", "address", "add", "10.1.0.9/16", "dev", DEVICE]);
    const ipamEntry: PluginEntry = ({ env, stdout }) => {
      if (env["CNI_COMMAND"] === "ADD") stdout('{"cniVersion":"1.1.0","ips":[]}');
      return Promise.resolve(0);
    };
    const keys = { ...KEYS, ipam: { type: "host-local" } };
    const result = await lab.must("ADD", keys, { ipam: ipamEntry });
    expect(result.ips).toEqual([{ address: "10.1.0.9/16", interface: 0 }]);
    await lab.must("DEL", keys, { ipam: ipamEntry });
    const without = { device: DEVICE, ipam: { type: "host-local" } };
    const refused = await lab.call("ADD", without, { ipam: ipamEntry });
    expect(refused.json).toMatchObject({ code: 7, msg: "IPAM plugin returned missing IP config" });
  });

  test("addresses and routes of both families move along, and the network answers", async () => {
    await configure(
      `address add 10.1.0.7/16 dev ${DEVICE}`,
      `address add fd00:10:1::7/64 dev ${DEVICE} nodad`,
      `route add 192.0.2.0/24 via 10.1.0.1 metric 40 mtu 1400`,
      `route add default via ${LAN6} dev ${DEVICE} metric 60`,
      `route add 198.51.100.0/24 dev ${DEVICE} scope link`,
    );
    const result = await lab.must("ADD", KEYS);
    expect(result.ips).toEqual([
      { address: "10.1.0.7/16", interface: 0 },
      { address: "fd00:10:1::7/64", interface: 0 },
    ]);
    expect(result.routes).toHaveLength(3);
    expect(result.routes).toContainEqual({
      ...{ dst: "192.0.2.0/24", gw: "10.1.0.1" },
      ...{ mtu: 1400, priority: 40 },
    } as never);
    expect(result.routes).toContainEqual({ dst: "198.51.100.0/24", scope: 253 } as never);
    expect(result.routes).toContainEqual({ dst: "::/0", gw: LAN6, priority: 60 } as never);
    expect((await addressesOf(one, "eth0")).map(({ address }) => address)).toEqual([
      "10.1.0.7/16",
      "fd00:10:1::7/64",
    ]);
    const routes = await inside("route");
    expect(routes).toContain("192.0.2.0/24 via 10.1.0.1 dev eth0 metric 40 mtu 1400");
    expect(routes).toContain("10.1.0.0/16 dev eth0 proto kernel");
    expect(await inside("-6", "route")).toContain(`default via ${LAN6} dev eth0 metric 60`);
    const server = await startGreeter(lab.lan, 80);
    expect(await askFrom(one, LAN4, 80)).toContain("10.1.0.7");
    expect(await askFrom(one, LAN6, 80)).toContain("fd00:10:1::7");
    await server.stop();
    await lab.must("CHECK", { ...KEYS, prevResult: result });
  });

  test("rules that lead packets from the addresses to the routes move along", async () => {
    await configure(
      `address add 10.1.0.7/16 dev ${DEVICE}`,
      `address add fd00:10:1::7/64 dev ${DEVICE} nodad`,
      `route add default via ${LAN4} table 77`,
      `route add default via ${LAN6} dev ${DEVICE} table 777`,
      "rule add from 10.1.0.7 table 77 priority 700",
      `rule add from 10.1.0.0/16 iif ${DEVICE} table 77 priority 701`,
      "-6 rule add from fd00:10:1::7 table 777 priority 702",
      "rule add from 10.9.0.0/16 table 77 priority 703",
      "rule add from 10.1.0.7 table 88 priority 704",
    );
    const prevResult = await lab.must("ADD", KEYS);
    const rules = await inside("rule");
    expect(rules).toContain("700:\tfrom 10.1.0.7 lookup 77");
    expect(rules).toContain("701:\tfrom 10.1.0.0/16 iif eth0 lookup 77");
    expect(rules).not.toContain("703:");
    expect(rules).not.toContain("704:");
    expect(await inside("-6", "rule")).toContain("702:\tfrom fd00:10:1::7 lookup 777");
    expect(await inside("route", "show", "table", "77")).toContain(`default via ${LAN4} dev eth0`);
    expect(await must(["ip", "rule"])).toContain("700:");

    await lab.must("CHECK", { ...KEYS, prevResult });
    await inside("rule", "delete", "priority", "700");
    const { json } = await lab.call("CHECK", { ...KEYS, prevResult });
    expect(json).toMatchObject({ code: 100 });
    expect(json.msg).toContain("10.1.0.7");

    await lab.must("DEL", KEYS);
    expect(await inside("rule")).not.toMatch(/70\d:/u);
    expect(await inside("-6", "rule")).not.toMatch(/70\d:/u);
    expect(await linkNames(undefined)).toEqual([DEVICE]);
  });

  test("what IPAM gives comes first, and the same address twice is listed once", async () => {
    await configure(
      `address add 10.1.0.2/16 dev ${DEVICE}`,
      `address add 172.16.5.5/24 dev ${DEVICE}`,
      `route add 192.0.2.0/24 via 172.16.5.1`,
    );
    const result = await lab.must("ADD", { ...KEYS, ipam: ipam(4) });
    expect(result.ips).toEqual([
      { address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 0 },
      { address: "172.16.5.5/24", interface: 0 },
    ]);
    expect(result.routes).toEqual([
      { dst: "0.0.0.0/0" },
      { dst: "192.0.2.0/24", gw: "172.16.5.1" },
    ]);
  });

  test("addresses of the link, of routers and of a lease: only the lease's moves, and for ever", async () => {
    await configure(
      `address add 10.1.0.7/16 dev ${DEVICE} valid_lft 600 preferred_lft 300`,
      `address add 10.9.0.8/16 dev ${DEVICE} scope link`,
      `address add fd00:10:1::8/64 dev ${DEVICE} nodad valid_lft 600 preferred_lft 300`,
      `route add 2001:db8:9::/48 via fd00:10:1::1 dev ${DEVICE} proto ra`,
    );
    const { ips, routes } = await lab.must("ADD", KEYS);
    expect(ips).toEqual([{ address: "10.1.0.7/16", interface: 0 }]);
    expect(routes).toBeUndefined();
    expect(await inside("address", "show", "eth0")).toContain("valid_lft forever");
  });

  test("a prefix whose route somebody else had made is reachable in the container", async () => {
    await configure(
      `address add 10.1.0.7/16 dev ${DEVICE} noprefixroute`,
      `route add 10.1.0.0/16 dev ${DEVICE} proto kernel scope link src 10.1.0.7 metric 100`,
    );
    await lab.must("ADD", KEYS);
    const server = await startGreeter(lab.lan, 80);
    expect(await askFrom(one, LAN4, 80)).toContain("10.1.0.7");
    await server.stop();
  });

  test("is not wished for: the container gets nothing", async () => {
    await configure(`address add 10.1.0.7/16 dev ${DEVICE}`);
    const result = await lab.must("ADD", { device: DEVICE });
    expect(result.ips).toBeUndefined();
    expect(await addressesOf(one, "eth0")).toEqual([]);
  });
});
