import { afterEach, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { ADVERTISED, advertise } from "../../../tests/support/advertiser.ts";
import { must } from "../../../tests/support/exec.ts";
import { hostLab } from "../../../tests/support/host-lab.ts";
import { needs } from "../../../tests/support/needs.ts";
import { callPlugin, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import type { Plugin } from "../../plugin/index.ts";
import { plugin as bridge } from "../../plugins/bridge/index.ts";
import { plugin as macvlan } from "../../plugins/macvlan/index.ts";
import { plugin as ptp } from "../../plugins/ptp/index.ts";

/** Where IPAM has said what an interface's IPv6 is, no stranger on its link adds to it. */

let stop: (() => void) | undefined;
afterEach(() => stop?.()); // before the lab takes the links away

const lab = hostLab({ device: "up" });
const { one, lan } = lab;
const HOST = "/proc/thread-self/ns/net";
const TIMES = 20;
const PAUSE_MS = 25;

/** Advertises all the time, as a router on a busy network, from before the interface is there. */
function advertiseAlways(netns: string, ifName: () => string | undefined): void {
  const timer = setInterval(() => {
    const name = ifName();
    if (name !== undefined) advertise(netns, name);
  }, PAUSE_MS);
  stop = () => clearInterval(timer);
}

/** What the interface has of the advertised things, after many advertisements. */
async function taken(): Promise<string[]> {
  await Bun.sleep(TIMES * PAUSE_MS);
  const addresses = await must(["ip", "-n", "one", "-6", "address", "show", "dev", "eth0"]);
  const routes = await must(["ip", "-n", "one", "-6", "route", "show", "default"]);
  return [
    ...(addresses.includes(ADVERTISED) ? ["address"] : []),
    ...(routes.includes("fe80::bad") ? ["route"] : []),
  ];
}

const ALL = ["address", "route"];

async function add(plugin: Plugin, keys: Keys): Promise<void> {
  expect(await callPlugin(plugin, "ADD", one, keys)).toMatchObject({ exitCode: 0 });
}

const test = needs();

test("case P6: an interface with an IPv6 address by IPAM takes none from strangers (bridge)", async () => {
  await must(["ip", "link", "add", "cni0", "type", "bridge"]);
  await must(["ip", "link", "set", "cni0", "up"]);
  await must(["ip", "link", "set", "dev5", "master", "cni0"]);
  advertiseAlways(lan.netns, () => "lan0");
  await add(bridge, { ipam: ipam(4, 6) });
  expect(await taken()).toEqual([]);
});

test("case P6, kind: nor from its host (ptp)", async () => {
  await add(ptp, { ipam: ipam(6) });
  const names = await must(["ip", "-br", "link", "show", "type", "veth"]);
  const name = /^(veth\w+)@/m.exec(names)?.[1];
  advertiseAlways(HOST, () => name);
  expect(await taken()).toEqual([]);
});

needs("kernel:macvlan")("case P6, kind: nor from its wire (macvlan)", async () => {
  advertiseAlways(lan.netns, () => "lan0");
  await add(macvlan, { master: "dev5", ipam: ipam(6) });
  expect(await taken()).toEqual([]);
});

needs("kernel:macvlan")("acceptRA lets it take both, and false takes both away", async () => {
  advertiseAlways(lan.netns, () => "lan0");
  await add(macvlan, { master: "dev5", ipam: ipam(6), acceptRA: true });
  expect(await taken()).toEqual(ALL);
  await callPlugin(macvlan, "DEL", one, {});
  await add(macvlan, { master: "dev5", ipam: ipam(4), acceptRA: false });
  expect(await taken()).toEqual([]);
});

test("an interface without an IPv6 address by IPAM goes on taking both", async () => {
  await must(["ip", "link", "add", "cni0", "type", "bridge"]);
  await must(["ip", "link", "set", "cni0", "up"]);
  await must(["ip", "link", "set", "dev5", "master", "cni0"]);
  advertiseAlways(lan.netns, () => "lan0");
  await add(bridge, { ipam: ipam(4) });
  expect(await taken()).toEqual(ALL);
  expect(readFileSync("/proc/sys/net/ipv6/conf/cni0/accept_ra", "utf8").trim()).toBe("1");
});
