import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Mailbox } from "../../tests/support/datagrams.ts";
import { must } from "../../tests/support/exec.ts";
import { hostLab } from "../../tests/support/host-lab.ts";
import { callPlugin, type Keys } from "../../tests/support/plugin-call.ts";
import { Ip, Prefix } from "../addr/index.ts";
import { Netns } from "../kernel/netns/index.ts";
import type { Plugin } from "../plugin/index.ts";
import { plugin as bridge } from "../plugins/bridge/index.ts";
import { plugin as ptp } from "../plugins/ptp/index.ts";
import { OverlayKeeper, type WantedOverlay } from "./index.ts";

/** Containers as plugins attach them, and the machine on the LAN as another node with a container. */

const lab = hostLab({ device: "up" });
const { one, lan } = lab;

const NETWORK = "net1";
const REMOTE = Ip.parse("10.42.2.5");
const GATEWAY = "10.42.1.1";
const OUTSIDE = Ip.parse("192.0.2.2");
const range = { rangeStart: "10.42.1.9", rangeEnd: "10.42.1.20", gateway: GATEWAY };
const IPAM: Keys = {
  type: "host-local",
  ranges: [[{ subnet: "10.42.0.0/16", ...range }]],
  routes: [{ dst: "0.0.0.0/0" }],
};

const wanted: WantedOverlay = {
  ...{ network: NETWORK, kind: "host-gw", vni: 1, port: 0, proxyArp: ["fleetbr"] },
  underlay: Ip.parse("192.0.2.1"),
  subnets: [Prefix.parse("10.42.0.0/16")],
  gateways: [Ip.parse(GATEWAY)],
  peers: new Map([
    [
      "other",
      {
        ...{ node: "other", underlay: OUTSIDE, gateways: [] },
        prefixes: [Prefix.parse("10.42.2.0/24")],
      },
    ],
  ]),
};

async function joinNodes(): Promise<void> {
  await must(["ip", "address", "add", "192.0.2.1/24", "dev", "dev5"]);
  for (const command of [
    "address add 192.0.2.2/24 dev lan0",
    "address replace 10.42.2.5/32 dev lo",
    "link set lo up",
    "route add 10.42.1.0/24 via 192.0.2.1",
  ]) {
    await must(["ip", "-n", "lan", ...command.split(" ")]);
  }
}

/** The address that packets of the container bear when they come to another one. */
function seenAt(to: Ip, from: string): string | undefined {
  using there = Netns.open(lan.netns);
  using here = Netns.open(one.netns);
  using receiver = new Mailbox(there, to);
  using sender = new Mailbox(here, Ip.parse(from));
  sender.send(receiver, 10);
  return receiver.receiveFrom();
}

const CASES: readonly (readonly [plugin: Plugin, keys: Keys])[] = [
  [ptp, {}],
  [bridge, { bridge: "fleetbr", isGateway: true }],
];

for (const [plugin, keys] of CASES) {
  test(`masquerading leaves the fleet's own addresses alone (${plugin.name})`, async () => {
    await joinNodes();
    await using keeper = new OverlayKeeper({ network: NETWORK, report: () => undefined });
    keeper.want(wanted);
    await keeper.settled();
    const answer = await callPlugin(plugin, "ADD", one, { ...keys, ipMasq: true, ipam: IPAM });
    expect([answer.exitCode, answer.json.ips?.[0]?.address]).toEqual([0, "10.42.1.9/16"]);
    if (plugin === bridge) await answering("fleetbr");
    expect(seenAt(REMOTE, "10.42.1.9")).toBe("10.42.1.9");
    expect(seenAt(OUTSIDE, "10.42.1.9")).toBe("192.0.2.1");
    expect(keeper.troubles).toEqual([]);
    expect(
      (await callPlugin(plugin, "DEL", one, { ...keys, ipMasq: true, ipam: IPAM })).exitCode,
    ).toBe(0);
  });
}

/** The keeper hears of a bridge that is made, and has it answer for the other nodes' containers. */
async function answering(name: string): Promise<void> {
  const read = (key: string): string => readFileSync(`/proc/sys/net/ipv4/${key}`, "utf8").trim();
  const isSet = (): boolean =>
    read(`conf/${name}/proxy_arp`) === "1" && read(`neigh/${name}/proxy_delay`) === "0";
  for (let tries = 0; tries < 100 && !isSet(); tries++) await Bun.sleep(20);
  expect(isSet()).toBe(true);
}
