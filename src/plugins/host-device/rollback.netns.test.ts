import { beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { linkNames, linkOf } from "../../../tests/support/ip.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "up", remembers: "containers" });
const { one } = lab;

const RP_FILTER = `/proc/sys/net/ipv4/conf/${DEVICE}/rp_filter`;
const ACCEPT_RA = `/proc/sys/net/ipv6/conf/${DEVICE}/accept_ra`;

/** What a host may have on a device: the kernel forgets all of it when the device leaves. */
async function configure(): Promise<void> {
  writeFileSync(RP_FILTER, "2");
  writeFileSync(ACCEPT_RA, "0");
  for (const line of [
    `link set ${DEVICE} alias uplink`,
    `address add 198.51.100.5/24 dev ${DEVICE} label ${DEVICE}:a`,
    `address add 198.51.100.6/24 dev ${DEVICE}`,
    `address add 203.0.113.1 peer 203.0.113.2/32 dev ${DEVICE}`,
    `address add 169.254.7.7/32 dev ${DEVICE} scope link`,
    `address add 2001:db8:5::5/64 dev ${DEVICE} nodad`,
    `address add 2001:db8:6::5/64 dev ${DEVICE} nodad noprefixroute`,
    `route add 192.0.2.0/24 dev ${DEVICE} scope link metric 40`,
    `route add default via 198.51.100.1 metric 100 mtu 1400`,
    `route add default via 198.51.100.2 table 77 src 198.51.100.6`,
    "route replace blackhole 192.0.3.0/24",
    `route add 2001:db8:7::/48 via 2001:db8:5::1 dev ${DEVICE} metric 50`,
    `route add 2001:db8:6::/64 dev ${DEVICE} proto kernel`,
  ]) {
    await must(["ip", ...line.split(" ")]);
  }
}

beforeEach(async () => {
  await configure();
  await lab.remember();
});

describe("an ADD that fails leaves host and container as they were", () => {
  test("own: when IPAM fails", async () => {
    const keys = { device: DEVICE, ipam: { type: "host-local", ranges: [[{ subnet: "x" }]] } };
    const { address } = await linkOf(undefined, DEVICE);
    const { json } = await lab.call("ADD", keys);
    expect(json.code).toBe(7);
    expect(await lab.changes()).toEqual([]);
    expect((await linkOf(undefined, DEVICE)).address).toBe(address);
    expect(readFileSync(RP_FILTER, "utf8").trim()).toBe("2");
    expect(readFileSync(ACCEPT_RA, "utf8").trim()).toBe("0");
  });

  test("when the IPAM plugin is not there", async () => {
    const answer = await lab.call("ADD", { device: DEVICE, ipam: { type: "nobody" } });
    expect(answer.exitCode).toBe(1);
    expect(await lab.changes()).toEqual([]);
  });

  test("when a route cannot be set", async () => {
    const routes = [{ dst: "192.0.2.0/24", gw: "203.0.113.9" }];
    const keys = { device: DEVICE, ipam: { ...ipam(4), routes } };
    expect((await lab.call("ADD", keys)).json.code).toBe(7);
    expect(await lab.changes()).toEqual([]);
  });

  test("when the record cannot be written", async () => {
    mkdirSync("/run/hawser", { recursive: true });
    writeFileSync("/run/hawser/host-device", "");
    await lab.remember();
    expect((await lab.call("ADD")).json.code).toBe(5);
    expect(await lab.changes()).toEqual([]);
  });

  test("when the caller gives up, after each step", async () => {
    const keys = { device: DEVICE, useInterfaceNetwork: true, ipam: ipam(4) };
    const seen: string[] = [];
    for (let after = 1; ; after++) {
      const controller = new AbortController();
      const steps: string[] = [];
      const onStep = ({ step }: { step: string }): void => {
        steps.push(step);
        if (steps.length === after) controller.abort(new Error("enough"));
      };
      const answer = await lab.call("ADD", keys, { signal: controller.signal, onStep });
      if (answer.exitCode === 0) break;
      expect(answer.json).toMatchObject({ code: 11, msg: "enough" });
      expect({ after: steps.at(-1), left: await lab.changes() }).toEqual({
        after: steps.at(-1) ?? "",
        left: [],
      });
      seen.push(steps.at(-1) ?? "");
    }
    expect(seen).toEqual(["device", "addresses", "interface", "host's network"]);
  });

  test("when the device was down, it stays down", async () => {
    await must(["ip", "link", "set", DEVICE, "down"]);
    await lab.remember();
    await lab.call("ADD", { device: DEVICE, ipam: { type: "nobody" } });
    // The kernel's own queue is gone: a device has it from the first time that it is up.
    const left = (await lab.changes()).map((line) => line.replace(/"qdisc":"\w+"/u, "").slice(2));
    expect([...new Set(left)].length).toBe(left.length / 2);
    expect((await linkOf(undefined, DEVICE)).flags).not.toContain("UP");
  });
});

test("after a failed ADD, DEL succeeds and the next ADD gets the device", async () => {
  await lab.call("ADD", { device: DEVICE, ipam: { type: "nobody" } });
  await lab.must("DEL", { device: DEVICE });
  expect(await lab.changes()).toEqual([]);
  await lab.must("ADD");
  expect(await linkNames(one)).toEqual(["eth0"]);
});
