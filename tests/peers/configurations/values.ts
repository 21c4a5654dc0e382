import type { Kind } from "../../faults/keys.ts";
import { VALUES } from "../../faults/keys.ts";
import type { Value } from "./json.ts";

/** Values that a key can well have; by the end of its path. Without one here, a value of its kind. */
const GOOD: Readonly<Record<string, readonly Value[]>> = {
  bridge: ["br0", "cni0"],
  ipMasqBackend: ["iptables", "nftables"],
  mtu: [1400, 1280, 0, 1500],
  vlan: [0, 7, 100],
  groupFwdMask: [8],
  id: [7],
  minID: [10],
  maxID: [20],
  mac: ["02:00:00:00:00:07", "c2-11-22-33-44-55", "C2:11:22:33:44:55"],
  mode: ["bridge", "private", "vepa", "passthru", "l2", "l3"],
  master: ["uplink0", ""],
  device: ["dev5"],
  vlanId: [7],
  bcqueuelen: [1000],
  domain: ["cluster.local"],
  subnet: ["10.9.0.0/24", "10.9.0.5/24", "fd00:9::/64", "10.9.0.0/30"],
  rangeStart: ["10.9.0.10"],
  rangeEnd: ["10.9.0.20"],
  gateway: ["10.9.0.1", "10.9.0.254", ""],
  gw: ["10.9.0.1", ""],
  dst: ["0.0.0.0/0", "192.0.2.0/24", "::/0", "192.0.2.7/24"],
  address: ["10.9.0.7/24", "fd00:9::7/64"],
  "nameservers.0": ["10.9.0.1"],
  "search.0": ["cluster.local"],
  "options.0": ["ndots:5"],
  "ips.0": ["10.9.0.7/24", "10.9.0.7", "fd00:9::7/64"],
  "exclude.0": ["10.9.0.2"],
  dataDir: ["/var/lib/cni/other"],
  resolvConf: ["/etc/hosts", "/nowhere"],
  advmss: [1200],
  priority: [100],
  table: [100, 254],
  scope: [0, 253],
  txQLen: [500],
  somaxconn: ["500", "512"],
  ingressRate: [1_000_000],
  ingressBurst: [800_000],
  egressRate: [1_000_000],
  egressBurst: [800_000],
  backend: ["iptables", "nftables"],
  markMasqBit: [14],
  externalSetMarkChain: ["KUBE-MARK-MASQ"],
  "conditionsV4.0": ["!"],
  protocol: ["tcp", "TCP", "udp", "sctp"],
  hostIP: ["", "127.0.0.1", "0.0.0.0", "::"],
  hostPort: [8080],
  containerPort: [80],
  ingressPolicy: ["same-bridge", "isolated", ""],
  iptablesAdminChainName: ["ADMIN"],
  firewalldZone: ["trusted"],
  vrfname: ["blue"],
  owner: [0, 1000],
  group: [0],
  "gateways.0": ["10.9.0.1"],
};

/** What a key at a path may have. */
export function goodValues(path: readonly string[], kind: Kind): readonly Value[] {
  const end = path.slice(-2).join(".");
  const last = path.at(-1)?.split("/").at(-1) ?? "";
  return GOOD[end] ?? GOOD[last] ?? (VALUES[kind] as readonly Value[]);
}
