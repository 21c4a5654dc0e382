import { beforeEach, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE, hostLab } from "../../../tests/support/host-lab.ts";
import { needs } from "../../../tests/support/needs.ts";
import { patient } from "../../../tests/support/patience.ts";
import { callPlugin, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import type { Plugin } from "../../plugin/index.ts";
import { plugin as macvlan } from "../../plugins/macvlan/index.ts";
import { plugin as vlan } from "../../plugins/vlan/index.ts";

/** Without a carrier no duplicate of an address is detected, so ADD does not wait for one. */

const lab = hostLab({ device: "up" });
const { one } = lab;
/** Duplicate address detection is waited for up to five seconds. */
const AT_ONCE_MS = patient(2_500);

beforeEach(async () => {
  await must(["ip", "-n", "lan", "link", "set", "lan0", "down"]);
});

async function addAtOnce(plugin: Plugin, keys: Keys): Promise<void> {
  const start = performance.now();
  expect(await callPlugin(plugin, "ADD", one, keys)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(performance.now() - start).toBeLessThan(AT_ONCE_MS);
  const addresses = await must(["ip", "-n", "one", "-6", "address", "show", "dev", "eth0"]);
  expect(addresses).toContain("fd00:10:1::");
}

const run = needs("kernel:macvlan");

run("case P8: macvlan on a master without a carrier does not wait", async () => {
  await addAtOnce(macvlan, { master: DEVICE, ipam: ipam(4, 6) });
});

run("case P8, kind: nor on a master of the container", async () => {
  await must(["ip", "-n", "one", "link", "add", "up0", "type", "veth", "peer", "name", "down0"]);
  await must(["ip", "-n", "one", "link", "set", "up0", "up"]);
  await addAtOnce(macvlan, { master: "up0", linkInContainer: true, ipam: ipam(6) });
});

run("case P8, kind: nor on a master that is down", async () => {
  await must(["ip", "link", "set", DEVICE, "down"]);
  await addAtOnce(macvlan, { master: DEVICE, mode: "private", ipam: ipam(6) });
});

needs("kernel:vlan")("case P8, kind: nor does vlan", async () => {
  await addAtOnce(vlan, { master: DEVICE, vlanId: 7, ipam: ipam(4, 6) });
});
