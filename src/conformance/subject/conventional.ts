import type { SubjectFile } from "./subject.ts";

/**
 * What the names of the 18 reference plugins mean by convention, whatever implementation bears them. A
 * subject.json is used instead where there is one.
 */

/** Fails where the kernel has no such links. */
function probe(...words: readonly string[]): string[][] {
  return [
    ["ip", "link", "add", "cnfprobe", ...words],
    ["ip", "link", "del", "cnfprobe"],
  ];
}

export const CONVENTIONAL: Readonly<Record<string, SubjectFile>> = {
  bridge: { kind: "interface", config: { bridge: "cnf0" } },
  ptp: { kind: "interface" },
  macvlan: { kind: "interface", config: { master: "up0" }, links: ["up0"] },
  ipvlan: {
    kind: "interface",
    config: { master: "up0" },
    links: ["up0"],
    prepare: probe("link", "up0", "type", "ipvlan"),
  },
  vlan: {
    kind: "interface",
    config: { master: "up0", vlanId: 7 },
    links: ["up0"],
    prepare: probe("link", "up0", "type", "vlan", "id", "9"),
  },
  dummy: { kind: "interface", prepare: probe("type", "dummy") },
  tap: { kind: "interface" },
  "host-device": { kind: "interface", config: { device: "up0" }, links: ["up0"] },
  loopback: { kind: "interface", ifName: "lo", adjusts: true, ipam: null },
  "host-local": {
    kind: "ipam",
    config: { ranges: [[{ subnet: "10.245.0.0/24" }], [{ subnet: "fd00:245::/64" }]] },
  },
  static: {
    kind: "ipam",
    config: { addresses: [{ address: "10.245.0.9/24", gateway: "10.245.0.1" }] },
    checkIsBlind: "it keeps nothing that could be lost",
  },
  tuning: {
    kind: "chained",
    config: { sysctl: { "net.ipv4.conf.IFNAME.arp_filter": "1" }, mtu: 1400 },
    sabotage: [
      {
        what: "a sysctl has another value",
        commands: [
          [
            "ip",
            "netns",
            "exec",
            "{container}",
            "sysctl",
            "-qw",
            "net.ipv4.conf.{ifname}.arp_filter=0",
          ],
        ],
      },
      {
        what: "the MTU is another",
        commands: [["ip", "-n", "{container}", "link", "set", "{ifname}", "mtu", "1300"]],
      },
    ],
  },
  firewall: {
    kind: "chained",
    sabotage: [{ what: "the rules are gone", commands: [["nft", "flush", "ruleset"]] }],
  },
  portmap: {
    kind: "chained",
    runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
    sabotage: [{ what: "the rules are gone", commands: [["nft", "flush", "ruleset"]] }],
  },
  bandwidth: {
    kind: "chained",
    config: {
      ingressRate: 8_000_000,
      ingressBurst: 800_000,
      egressRate: 8_000_000,
      egressBurst: 800_000,
    },
    sabotage: [
      { what: "the limit is gone", commands: [["tc", "qdisc", "del", "dev", "{host}", "root"]] },
    ],
  },
  sbr: {
    kind: "chained",
    sabotage: [
      { what: "the rules are gone", commands: [["ip", "-n", "{container}", "rule", "flush"]] },
    ],
  },
  vrf: {
    kind: "chained",
    config: { vrfname: "cnfvrf" },
    prepare: probe("type", "vrf", "table", "7"),
    sabotage: [
      {
        what: "the link left its VRF",
        commands: [["ip", "-n", "{container}", "link", "set", "{ifname}", "nomaster"]],
      },
    ],
  },
};
