import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { ADVERTISED, advertise } from "../../../tests/support/advertiser.ts";
import { must } from "../../../tests/support/exec.ts";
import { hostLab } from "../../../tests/support/host-lab.ts";
import { callPlugin, ipam, type Keys } from "../../../tests/support/plugin-call.ts";
import { until } from "../../../tests/support/until.ts";
import type { Plugin } from "../../plugin/index.ts";
import { plugin as bridge } from "../../plugins/bridge/index.ts";
import { plugin as ptp } from "../../plugins/ptp/index.ts";

/** The host lives by a router's advertisements, and becomes a router itself with its first container. */

const lab = hostLab({ device: "up" });
const { one, lan } = lab;

const ROUTE = "default via fe80::bad dev dev5";
const PLUGINS: readonly [Plugin, Keys][] = [
  [bridge, { isGateway: true, ipam: ipam(4, 6) }],
  [ptp, { ipam: ipam(4, 6) }],
];
const TAKES_WITHIN_MS = 3_000;

const read = (key: string): string => readFileSync(`/proc/sys/${key}`, "utf8").trim();
const write = (key: string, value: string): void => writeFileSync(`/proc/sys/${key}`, value);
const ACCEPT_RA = "net/ipv6/conf/dev5/accept_ra";
const SWITCHES = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"];
const REDIRECTS = "net/ipv4/conf/all/accept_redirects";

async function advertiseUntil(isSo: () => Promise<boolean>): Promise<void> {
  const taken = async (): Promise<boolean> => {
    if (await isSo()) return true;
    advertise(lan.netns, "lan0");
    return false;
  };
  await until("the advertisement is taken", taken, TAKES_WITHIN_MS);
}

const routes = async (): Promise<string> => await must(["ip", "-6", "route", "show", "default"]);
const addresses = async (): Promise<string> =>
  await must(["ip", "-6", "address", "show", "dev", "dev5", "dynamic"]);

beforeEach(async () => {
  for (const key of SWITCHES) write(key, "0");
  write(ACCEPT_RA, "1");
  await advertiseUntil(async () => (await routes()).includes(ROUTE));
});
afterEach(() => {
  for (const key of SWITCHES) write(key, "0");
  write(REDIRECTS, "1");
});

for (const [plugin, keys] of PLUGINS) {
  test(`case P5: the host keeps its IPv6 default route, and it is said (${plugin.name})`, async () => {
    const { exitCode, stderr } = await callPlugin(plugin, "ADD", one, keys);
    expect([exitCode, await routes()]).toEqual([0, expect.stringContaining(ROUTE) as string]);
    expect(stderr).toContain(`${ACCEPT_RA} is 2 now`);
    // And goes on hearing the router.
    await must(["ip", "-6", "route", "flush", "proto", "ra"]);
    await advertiseUntil(async () => (await routes()).includes(ROUTE));
  });

  test(`case P5, kind: an ADD that fails puts back all that the kernel changed (${plugin.name})`, async () => {
    await must(["ip", "link", "add", "router0", "type", "bridge"]);
    const own = ["net/ipv4/conf/router0/forwarding", "net/ipv6/conf/router0/forwarding"];
    for (const key of own) write(key, "1");
    write(REDIRECTS, "0");
    await advertiseUntil(async () => (await routes()).includes(ROUTE)); // the kernel has dropped it by this
    const keysToKeep = [ACCEPT_RA, REDIRECTS, ...SWITCHES, ...own];
    const before = keysToKeep.map(read);
    const controller = new AbortController();
    const onStep = ({ step }: { step: string }): void => {
      if (step === "forwarding") controller.abort(new Error("enough"));
    };
    const answer = await callPlugin(plugin, "ADD", one, keys, {
      signal: controller.signal,
      onStep,
    });
    expect([answer.exitCode, keysToKeep.map(read)]).toEqual([1, before]);
    await must(["ip", "link", "delete", "router0"]);
    expect(await routes()).toContain(ROUTE);
  });
}

test("case P5, kind: an address by advertisement is kept alive, too, without a route", async () => {
  await must(["ip", "-6", "route", "flush", "proto", "ra"]);
  expect(await addresses()).toContain(ADVERTISED);
  await callPlugin(ptp, "ADD", one, { ipam: ipam(6) });
  expect(read(ACCEPT_RA)).toBe("2");
});

test("links that take nothing from routers, or leave it to a program, stay as they are", async () => {
  write(ACCEPT_RA, "0");
  const { exitCode, stderr } = await callPlugin(ptp, "ADD", one, { ipam: ipam(6) });
  expect([exitCode, stderr, read(ACCEPT_RA)]).toEqual([0, "", "0"]);
  expect(read("net/ipv6/conf/lo/accept_ra")).toBe("1");
});
