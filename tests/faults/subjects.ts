import type { Feature } from "../support/features.ts";
import type { JsonObject } from "./stage.ts";

/** Configurations in which each plugin has as much to do as it can have. */

const IPAM = {
  type: "host-local",
  ranges: [[{ subnet: "10.9.0.0/24" }], [{ subnet: "fd00:9::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
};

/** A node that has no block yet: its ADD is the network's member as well. */
const CLUSTER = {
  ...{ type: "cluster", subnets: ["10.9.0.0/26", "fd00:9::/122"], node: "node-1", wait: "5s" },
  ...{ store: { files: { directory: "/run/cni/store" } }, dataDir: "/run/cni/cluster" },
};

/** A plugin, how it is called, and what has to be there before. */
export interface Subject {
  readonly type: string;
  readonly keys: JsonObject;
  /** Runs behind a bridge, whose result it is given. */
  readonly chained?: true;
  /** What `ip` has to do on the host before; what is there from the last time is deleted first. */
  readonly host?: { readonly link: string; readonly make: readonly string[] };
  readonly needs?: readonly Feature[];
}

const LAN = {
  link: "uplink0",
  make: ["link add uplink0 type veth peer name lan0", "link set lan0 up", "link set uplink0 up"],
};

const BRIDGE: Subject = {
  type: "bridge",
  keys: {
    ...{ bridge: "br0", isGateway: true, ipMasq: true, macspoofchk: true, hairpinMode: true },
    ...{ mtu: 1400, ipam: IPAM },
  },
};

/** What chained plugins run behind. */
export const FIRST: Subject = {
  type: "bridge",
  keys: { bridge: "br0", isGateway: true, ipam: IPAM },
};

export const SUBJECTS: readonly Subject[] = [
  BRIDGE,
  { type: "ptp", keys: { ipMasq: true, mtu: 1400, ipam: IPAM } },
  { type: "tap", keys: { owner: 7, group: 7, mtu: 1400, multiQueue: true, ipam: IPAM } },
  { type: "host-local", keys: { ipam: IPAM } },
  { type: "cluster", keys: { ipam: CLUSTER } },
  {
    type: "host-device",
    keys: {
      ...{ device: "dev5", useInterfaceNetwork: true },
      ipam: { type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] },
    },
    host: {
      link: "dev5",
      make: [
        "link add dev5 alias uplink type veth peer name far5",
        "link set dev5 up",
        "address add 198.51.100.5/24 dev dev5",
        "address add 2001:db8:5::5/64 dev dev5 nodad",
        "route add 192.0.2.0/24 via 198.51.100.1 metric 40",
        "route add 192.0.2.0/24 via 198.51.100.2 table 77",
        "rule add from 198.51.100.5 table 77 priority 700",
      ],
    },
  },
  {
    type: "macvlan",
    keys: { master: "uplink0", mode: "private", mtu: 1400, mac: "02:11:22:33:44:55", ipam: IPAM },
    host: LAN,
    needs: ["kernel:macvlan"],
  },
  {
    type: "ipvlan",
    keys: { master: "uplink0", mode: "l3", mtu: 1400, ipam: IPAM },
    host: LAN,
    needs: ["kernel:ipvlan"],
  },
  {
    type: "vlan",
    keys: { master: "uplink0", vlanId: 7, mtu: 1400, ipam: IPAM },
    host: LAN,
    needs: ["kernel:vlan"],
  },
  { type: "dummy", keys: { ipam: IPAM }, needs: ["kernel:dummy"] },
  { type: "firewall", chained: true, keys: { ingressPolicy: "same-bridge" } },
  { type: "vrf", chained: true, keys: { vrfname: "blue" }, needs: ["kernel:vrf"] },
  {
    type: "portmap",
    chained: true,
    keys: {
      runtimeConfig: {
        portMappings: [
          { hostPort: 8080, containerPort: 80, protocol: "tcp" },
          { hostPort: 8053, containerPort: 53, protocol: "udp" },
        ],
      },
    },
  },
  {
    type: "bandwidth",
    chained: true,
    keys: {
      ...{ ingressRate: 8_000_000, ingressBurst: 800_000 },
      ...{ egressRate: 8_000_000, egressBurst: 800_000 },
    },
  },
  { type: "sbr", chained: true, keys: { addSourceHints: true } },
  {
    type: "tuning",
    chained: true,
    keys: {
      sysctl: { "net.core.somaxconn": "500", "net.ipv4.conf.IFNAME.arp_filter": "1" },
      ...{ mac: "02:11:22:33:44:55", mtu: 1300, promisc: true, allmulti: true, txQLen: 77 },
    },
  },
];
