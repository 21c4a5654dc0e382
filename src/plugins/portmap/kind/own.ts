import { Ip, Prefix } from "../../../addr/index.ts";
import {
  addressInSet,
  type Batch,
  CtStatus,
  compose,
  concat,
  ctStatus,
  dnatToMap,
  type Element,
  fibLocal,
  type KeyPart,
  loadKey,
  lookup,
  masquerade,
  type Nftables,
  portValue,
  prefixMatch,
  protoValue,
  verdict,
} from "../../../kernel/nftables/index.ts";
import { HostNat, layNatChain, removeEndRules } from "../../../state/host-nat/index.ts";
import {
  type LaidSet,
  type Layout,
  subnetSetName,
  type WantedElement,
} from "../../../state/nft-sets/index.ts";
import type { PortMapping, Target } from "./mapping.ts";

const FAMILY = "inet";
const TABLE = "hawser_ports";
const POSTROUTING = "postrouting";
/** Chains where connections begin: from outside, and on the host itself. */
const ENTRIES = ["prerouting", "output"] as const;
const HOOKS = [...ENTRIES, POSTROUTING] as const;
const LOOPBACK = Prefix.parse("127.0.0.0/8");

const place = { family: FAMILY, table: TABLE } as const;
const addressType = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;

/** Ports of every address of the host. */
const anyMap = (version: 4 | 6): LaidSet => ({
  ...place,
  name: `hostports${version}`,
  key: ["inet_proto", "inet_service"],
  data: [addressType[version], "inet_service"],
});

/** Ports of one address of the host; asked first, being more particular. */
const addressMap = (version: 4 | 6): LaidSet => ({
  ...place,
  name: `hostips${version}`,
  key: [addressType[version], "inet_proto", "inet_service"],
  data: [addressType[version], "inet_service"],
});

/**
 * Port mappings as elements of maps: a lookup for each new connection to the host, however many
 * there are. `fib daddr type local` keeps forwarded traffic with the same port out of it.
 */
export const portsLayout: Layout = {
  family: FAMILY,
  table: TABLE,

  /** A port of all addresses is one of each of them, as for programs that listen. */
  wider({ set: { name }, key }) {
    const version = ([4, 6] as const).find((each) => addressMap(each).name === name);
    if (version === undefined) return undefined;
    return { set: anyMap(version), key: key.slice(version === 4 ? 4 : 16) };
  },

  lay(batch: Batch): void {
    batch.addTable({ family: FAMILY, name: TABLE, comment: "Hawser: port mappings (portmap)" });
    for (const version of [4, 6] as const) {
      batch.addSet(services(version)).addSet(anyMap(version)).addSet(addressMap(version));
    }
    for (const hook of HOOKS) layNatChain(batch, place, hook);
    for (const hook of ENTRIES) {
      for (const version of [4, 6] as const) layEntry(batch, hook, version);
    }
  },

  isTransient: (set) => TRANSIENT.some((use) => set.startsWith(`${use}-`)),
  isShared: (set) => set === services(4).name || set === services(6).name,
  unlay: removeEndRules,
};

/** Lets iptables be heard where connections are translated; see `HostNat`. */
export function hostNat(nft: Nftables): HostNat {
  return new HostNat(nft, place, HOOKS);
}

function layEntry(batch: Batch, chain: string, version: 4 | 6): void {
  const service = addressInSet(FAMILY, version, "daddr", services(version).name);
  batch.addRule({ ...place, chain, expressions: compose(service, verdict("return")) });
  const daddr: KeyPart = version === 4 ? "ip daddr" : "ip6 daddr";
  const port: KeyPart[] = ["meta l4proto", "th dport"];
  const rules = [
    { map: addressMap(version).name, key: [daddr, ...port] },
    { map: anyMap(version).name, key: port },
  ];
  for (const { map, key } of rules) {
    const expressions = compose(fibLocal("daddr"), dnatToMap(FAMILY, version, key, map));
    batch.addRule({ ...place, chain, expressions });
  }
}

/** Sets of networks or destinations, that go when they are empty. */
const TRANSIENT = ["hairpin", "snat", "except"];

/** Addresses of the cluster's services, which are local to this host and none of its own. */
export const services = (version: 4 | 6): LaidSet => ({
  ...place,
  name: `services${version}`,
  key: [addressType[version]],
});

/** Which connections through a mapping are masqueraded. */
export const SNAT = ["none", "local", "all"] as const;
export type Snat = (typeof SNAT)[number];

/** What an attachment has mapped. */
export interface Mapped {
  readonly targets: readonly Target[];
  /** The container's addresses, with the lengths of their subnets. */
  readonly addresses: readonly Prefix[];
  readonly snat: Snat;
  /** Destinations whose ports are not mapped. */
  readonly except: readonly Prefix[];
}

/** The elements of one attachment's mappings. */
export function portElements(network: string, ports: Mapped): WantedElement[] {
  const { targets, addresses: subnets, snat, except } = ports;
  const mapped = [...targets.map(mapElement), ...exceptElements(targets, except)];
  if (snat === "none") return mapped;
  const reached = subnets.filter(({ ip }) => targets.some(({ address }) => address.equals(ip)));
  return [
    ...mapped,
    ...reached.map((subnet) => ({ set: snatSet(network, subnet, snat), key: subnet.ip.bytes })),
  ];
}

/** A mapping of one address of the host is for that one, and needs no exceptions. */
function exceptElements(targets: readonly Target[], except: readonly Prefix[]): WantedElement[] {
  return except.flatMap((destination) =>
    targets
      .filter(({ address, hostIp }) => {
        return hostIp === undefined && address.family === destination.ip.family;
      })
      .map((target) => ({ set: exceptSet(destination), key: mapElement(target).key })),
  );
}

/** The mapped ports that a destination keeps for itself, with the rules that leave them alone. */
function exceptSet(destination: Prefix): LaidSet {
  const name = subnetSetName("except", undefined, destination);
  return {
    ...place,
    name,
    key: ["inet_proto", "inet_service"],
    layRules(batch: Batch): void {
      const to = prefixMatch(FAMILY, destination.network(), "daddr");
      const port = [...loadKey(FAMILY, ["meta l4proto", "th dport"]), lookup(name)];
      for (const chain of ENTRIES) {
        batch.insertRule({ ...place, chain, expressions: compose(to, port, verdict("return")) });
      }
    },
  };
}

/** The element of one mapping. */
export function mapElement({ mapping, address, hostIp }: Target): WantedElement {
  const data = concat(address.bytes, portValue(mapping.containerPort));
  return { ...mapPlace(mapping, address.family, hostIp), data };
}

/** Where a mapping stands, whatever it leads to. */
function mapPlace(
  { protocol, hostPort }: PortMapping,
  version: 4 | 6,
  hostIp: Ip | undefined,
): WantedElement {
  const port = concat(protoValue(protocol), portValue(hostPort));
  return hostIp === undefined
    ? { set: anyMap(version), key: port }
    : { set: addressMap(version), key: concat(hostIp.bytes, port) };
}

/** Where a mapping stands while the container's addresses are not known. */
export function mapPlaces(mapping: PortMapping): WantedElement[] {
  const { hostIp } = mapping;
  const only = hostIp?.isUnspecified === true ? undefined : hostIp;
  const versions = hostIp === undefined ? ([4, 6] as const) : [hostIp.family];
  return versions.map((version) => mapPlace(mapping, version, only));
}

/**
 * Containers whose mapped connections have to come back through the host: those from the
 * container's own subnet, whose answers would take the short way, and those from the host's
 * loopback addresses, which mean something else in the container.
 */
function snatSet(network: string, subnet: Prefix, snat: "local" | "all"): LaidSet {
  const version = subnet.ip.family;
  const name = subnetSetName(snat === "all" ? "snat" : "hairpin", network, subnet);
  const sources = version === 4 ? [subnet.network(), LOOPBACK] : [subnet.network()];
  return {
    ...place,
    name,
    key: [addressType[version]],
    layRules(batch: Batch): void {
      const mapped = [ctStatus(CtStatus.DNAT), addressInSet(FAMILY, version, "daddr", name)];
      const matches =
        snat === "all" ? [[]] : sources.map((source) => prefixMatch(FAMILY, source, "saddr"));
      for (const match of matches) {
        const expressions = compose(...mapped, match, masquerade());
        batch.addRule({ ...place, chain: POSTROUTING, expressions });
      }
    },
  };
}

function isMapName(name: string): boolean {
  return [4, 6].some((version) => [`hostports${version}`, `hostips${version}`].includes(name));
}

/** The target of an element that was found in the maps. */
export function targetOfElement(
  name: string,
  key: Uint8Array,
  data: Element["data"],
): Target | undefined {
  if (!isMapName(name) || !(data instanceof Uint8Array)) return undefined;
  const length = name.endsWith("4") ? 4 : 16;
  const hasHostIp = name.startsWith("hostips");
  const at = hasHostIp ? length : 0;
  const protocols = { 6: "tcp", 17: "udp", 33: "dccp", 132: "sctp" } as const;
  const protocol = protocols[key[at] as keyof typeof protocols];
  if (protocol === undefined) return undefined;
  const hostIp = hasHostIp ? Ip.fromBytes(key.slice(0, length)) : undefined;
  const mapping = {
    protocol,
    hostPort: port(key, at + 4),
    containerPort: port(data, length),
    hostIp,
  };
  return { mapping, address: Ip.fromBytes(data.slice(0, length)), hostIp };
}

function port(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
