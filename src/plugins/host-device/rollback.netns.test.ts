import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { ipam, linkOf } from "../../../tests/support/bridge.ts";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import {
  callDevice,
  DEVICE,
  DeviceLab,
  linkNames,
  mustDevice,
} from "../../../tests/support/device-lab.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff, type Snapshot } from "../../../tests/support/snapshot.ts";

failOnLeakedDescriptors();

let lab: DeviceLab;
let one: Container;
let before: Snapshot;
beforeAll(async () => {
  lab = await DeviceLab.create();
});
beforeEach(async () => {
  one = await lab.host.container("one");
  await lab.plugIn();
  await configure();
  before = await lab.host.snapshot([one]);
});
afterEach(async () => {
  await lab.host.remove(one);
  await must(["ip", "link", "delete", DEVICE]).catch(() => "");
  await lab.host.tidy();
});

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

async function changes(): Promise<string[]> {
  return leaks(diff(before, await lab.host.snapshot([one])));
}

describe("an ADD that fails leaves host and container as they were", () => {
  test("own: when IPAM fails", async () => {
    const keys = { device: DEVICE, ipam: { type: "host-local", ranges: [[{ subnet: "x" }]] } };
    const { address } = await linkOf(undefined, DEVICE);
    const { json } = await callDevice("ADD", one, keys);
    expect(json.code).toBe(7);
    expect(await changes()).toEqual([]);
    expect((await linkOf(undefined, DEVICE)).address).toBe(address);
    expect(readFileSync(RP_FILTER, "utf8").trim()).toBe("2");
    expect(readFileSync(ACCEPT_RA, "utf8").trim()).toBe("0");
  });

  test("when the IPAM plugin is not there", async () => {
    const answer = await callDevice("ADD", one, { device: DEVICE, ipam: { type: "nobody" } });
    expect(answer.exitCode).toBe(1);
    expect(await changes()).toEqual([]);
  });

  test("when a route cannot be set", async () => {
    const routes = [{ dst: "192.0.2.0/24", gw: "203.0.113.9" }];
    const keys = { device: DEVICE, ipam: { ...ipam(4), routes } };
    expect((await callDevice("ADD", one, keys)).json.code).toBe(7);
    expect(await changes()).toEqual([]);
  });

  test("when the record cannot be written", async () => {
    mkdirSync("/run/hawser", { recursive: true });
    writeFileSync("/run/hawser/host-device", "");
    before = await lab.host.snapshot([one]);
    expect((await callDevice("ADD", one)).json.code).toBe(5);
    expect(await changes()).toEqual([]);
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
      const answer = await callDevice("ADD", one, keys, { signal: controller.signal, onStep });
      if (answer.exitCode === 0) break;
      expect(answer.json).toMatchObject({ code: 11, msg: "enough" });
      expect({ after: steps.at(-1), left: await changes() }).toEqual({
        after: steps.at(-1) ?? "",
        left: [],
      });
      seen.push(steps.at(-1) ?? "");
    }
    expect(seen).toEqual(["device", "addresses", "interface", "host's network"]);
  });

  test("when the device was down, it stays down", async () => {
    await must(["ip", "link", "set", DEVICE, "down"]);
    before = await lab.host.snapshot([one]);
    await callDevice("ADD", one, { device: DEVICE, ipam: { type: "nobody" } });
    // The kernel's own queue is gone: a device has it from the first time that it is up.
    const left = (await changes()).map((line) => line.replace(/"qdisc":"\w+"/u, "").slice(2));
    expect([...new Set(left)].length).toBe(left.length / 2);
    expect((await linkOf(undefined, DEVICE)).flags).not.toContain("UP");
  });
});

test("after a failed ADD, DEL succeeds and the next ADD gets the device", async () => {
  await callDevice("ADD", one, { device: DEVICE, ipam: { type: "nobody" } });
  await mustDevice("DEL", one, { device: DEVICE });
  expect(await changes()).toEqual([]);
  await mustDevice("ADD", one);
  expect(await linkNames(one)).toEqual(["eth0"]);
});
