import type { ContainerKeys, Sabotage, SubjectFile } from "./subject.ts";

/**
 * What the names of the 18 reference plugins, and of cluster, mean by convention, whatever implementation bears them. A
 * subject.json is used instead where there is one.
 */

/** Fails where the kernel has no such links. */
function probe(...words: readonly string[]): string[][] {
  return [
    ["ip", "link", "add", "cnfprobe", ...words],
    ["ip", "link", "del", "cnfprobe"],
  ];
}

/** So many containers at once, where one configuration cannot serve two. */
function places(make: (number: number) => ContainerKeys): ContainerKeys[] {
  return Array.from({ length: 6 }, (_, number) => make(number));
}

const VETHS = ["up0", "up1", "up2", "up3", "up4", "up5"];

/** Whichever of the two the subject writes its rules with. */
const NO_RULES: Sabotage = {
  what: "all rules of iptables and nftables are gone",
  commands: [
    [
      "sh",
      "-c",
      "for tool in iptables ip6tables; do for table in filter nat mangle raw; do " +
        "$tool -w -t $table -F; done; done 2>/dev/null; nft flush ruleset",
    ],
  ],
};

function inContainer(what: string, ...words: readonly string[]): Sabotage {
  return { what, commands: [["ip", "-n", "{container}", ...words]] };
}

/** A bridge of the host with a DHCP server, and the plugin's own daemon. */
const DHCP: SubjectFile = {
  kind: "ipam",
  wired: "cnfwire",
  prepare: [
    ["dnsmasq", "--version"],
    ["ip", "link", "add", "cnfwire", "type", "bridge"],
    ["ip", "addr", "add", "10.244.0.1/24", "dev", "cnfwire"],
    ["ip", "link", "set", "cnfwire", "up"],
  ],
  background: [
    [
      ...[
        "dnsmasq",
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--user=root",
        "--group=root",
      ],
      ...["--port=0", "--interface=cnfwire", "--bind-dynamic", "--dhcp-authoritative", "--no-ping"],
      ...["--dhcp-range=10.244.0.10,10.244.0.200,255.255.255.0,1h", "--log-facility=/dev/null"],
      "--dhcp-leasefile=/run/conformance/tmp/dnsmasq.leases",
      "--pid-file=/run/conformance/tmp/dnsmasq.pid",
    ],
    ["{subject}", "daemon"],
  ],
  awaits: ["/run/conformance/tmp/dnsmasq.pid", "/run/cni/dhcp.sock"],
};

/** Plugins that make an interface, or adjust it. */
const INTERFACE: Readonly<Record<string, SubjectFile>> = {
  bridge: { kind: "interface", config: { bridge: "cnf0" } },
  ptp: { kind: "interface" },
  macvlan: {
    kind: "interface",
    config: { master: "up0" },
    links: ["up0"],
    prepare: probe("link", "up0", "type", "macvlan", "mode", "bridge"),
  },
  ipvlan: {
    kind: "interface",
    config: { master: "up0" },
    links: ["up0"],
    prepare: probe("link", "up0", "type", "ipvlan"),
  },
  vlan: {
    kind: "interface",
    config: { master: "up0", vlanId: 7 },
    each: places((number) => ({ config: { vlanId: 7 + number } })),
    links: ["up0"],
    prepare: probe("link", "up0", "type", "vlan", "id", "99"),
  },
  dummy: { kind: "interface", prepare: probe("type", "dummy") },
  tap: { kind: "interface", prepare: [["test", "-c", "/dev/net/tun"]] },
  "host-device": {
    kind: "interface",
    config: { device: "up0" },
    each: places((number) => ({ config: { device: VETHS[number] ?? "" } })),
    links: VETHS,
  },
  loopback: {
    kind: "interface",
    ifName: "lo",
    adjusts: true,
    ipam: null,
    sabotage: [inContainer("the interface is down", "link", "set", "lo", "down")],
  },
};

/** A fleet of one node, whose store is files. */
const FLEET = {
  ...{ network: "cnffleet", node: "node-1", wait: "2s" },
  ...{ store: { files: { directory: "/run/cni/store" } }, dataDir: "/run/cni/cluster" },
};

const IPAM: Readonly<Record<string, SubjectFile>> = {
  "host-local": {
    kind: "ipam",
    config: { ranges: [[{ subnet: "10.245.0.0/24" }], [{ subnet: "fd00:245::/64" }]] },
    small: { ranges: [[{ subnet: "10.245.0.0/29" }]] },
  },
  static: {
    kind: "ipam",
    config: { addresses: [{ address: "10.245.0.9/24", gateway: "10.245.0.1" }] },
    each: places((number) => ({
      config: { addresses: [{ address: `10.245.0.${9 + number}/24`, gateway: "10.245.0.1" }] },
    })),
    checkIsBlind: "it keeps nothing that could be lost",
  },
  dhcp: DHCP,
  cluster: {
    kind: "ipam",
    config: { ...FLEET, subnets: ["10.245.0.0/26", "fd00:245::/122"] },
    small: { ...FLEET, subnets: ["10.245.0.0/29", "fd00:245::/125"] },
  },
};

const CHAINED: Readonly<Record<string, SubjectFile>> = {
  tuning: {
    kind: "chained",
    config: { sysctl: { "net.ipv4.conf.IFNAME.arp_filter": "1" }, mtu: 1400 },
    sabotage: [
      {
        what: "a sysctl has another value",
        commands: [
          [
            ...["ip", "netns", "exec", "{container}", "sh", "-c"],
            "echo 0 >/proc/sys/net/ipv4/conf/{ifname}/arp_filter",
          ],
        ],
      },
      inContainer("the MTU is another", "link", "set", "{ifname}", "mtu", "1300"),
    ],
  },
  firewall: { kind: "chained", sabotage: [NO_RULES] },
  portmap: {
    kind: "chained",
    runtimeConfig: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] },
    each: places((number) => ({
      runtimeConfig: {
        portMappings: [{ hostPort: 8080 + number, containerPort: 80, protocol: "tcp" }],
      },
    })),
    sabotage: [NO_RULES],
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
      {
        what: "the limit towards the container is gone",
        commands: [["tc", "qdisc", "del", "dev", "{host}", "root"]],
      },
      {
        what: "what the container sends is not limited any more",
        commands: [["tc", "qdisc", "del", "dev", "{host}", "ingress"]],
      },
    ],
  },
  sbr: {
    kind: "chained",
    sabotage: [
      inContainer("the rules are gone", "rule", "flush"),
      inContainer("the tables of the rules are empty", "route", "flush", "table", "100"),
    ],
  },
  vrf: {
    kind: "chained",
    config: { vrfname: "cnfvrf" },
    prepare: probe("type", "vrf", "table", "7"),
    sabotage: [
      inContainer("the link left its VRF", "link", "set", "{ifname}", "nomaster"),
      inContainer("the VRF is gone", "link", "del", "cnfvrf"),
    ],
  },
};

export const CONVENTIONAL: Readonly<Record<string, SubjectFile>> = {
  ...INTERFACE,
  ...IPAM,
  ...CHAINED,
};
