/**
 * What the store says of other nodes, judged before the kernel sees any of it: a record may be wrong, or
 * written by a node that is not to be trusted. What is refused has a sentence; the rest is used.
 */
import type { Family, Ip, Prefix } from "../addr/index.ts";
import { printable } from "../base/index.ts";
import { isUsable, withoutOverlaps } from "./addresses.ts";
import { VNI_MAX } from "./names.ts";
import type { Peer, WantedOverlay } from "./wanted.ts";
import { decodeKey } from "./wireguard-key.ts";

/** A peer all of whose values may be used. */
export interface SoundPeer {
  readonly node: string;
  readonly underlay: Ip;
  /** Of its VXLAN device; there for that kind. */
  readonly mac?: string;
  /** 32 bytes; there for WireGuard. */
  readonly publicKey?: Uint8Array;
  readonly gateways: ReadonlyMap<Family, Ip>;
  readonly prefixes: readonly Prefix[];
}

export interface Screened {
  /** In the order of their ids. */
  readonly peers: readonly SoundPeer[];
  /** Sentences about what is refused. */
  readonly troubles: readonly string[];
}

/** A value of a peer that is not to be used, with the reason. */
class RefusedPeer extends Error {}

/** Why nothing can be made of what is wanted; undefined when it is sound in itself. */
export function ownTrouble(wanted: WantedOverlay): string | undefined {
  const { kind, underlay, subnets, gateways, vni, port, mac } = wanted;
  if (kind === "none") return undefined;
  if (!isUsable(underlay)) return `${underlay} is no address at which other nodes reach this one`;
  const inside = subnets.find((subnet) => subnet.contains(underlay));
  if (inside !== undefined) {
    return `this node's address between the nodes, ${underlay}, is one of the fleet's own (${inside})`;
  }
  const outside = gateways.find((ip) => !subnets.some((subnet) => subnet.contains(ip)));
  if (outside !== undefined) return `this node's gateway ${outside} is in no subnet of the fleet`;
  if (kind === "host-gw") return undefined;
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) return `${port} is no UDP port`;
  if (kind !== "vxlan") return undefined;
  if (!Number.isInteger(vni) || vni < 1 || vni > VNI_MAX) return `${vni} is no VNI`;
  if (mac === undefined) return "this node's VXLAN device has no hardware address yet";
  return isUnicast(mac.bytes) ? undefined : `${mac} is no hardware address of a single device`;
}

/** The peers that may be used, each with what may be used of it. */
export function screenPeers(wanted: WantedOverlay): Screened {
  const troubles: string[] = [];
  const seen = new Seen(wanted);
  const sound: SoundPeer[] = [];
  for (const [node, peer] of [...wanted.peers].toSorted(byId)) {
    try {
      sound.push(soundPeer(wanted, peer, node, seen, troubles));
    } catch (error) {
      if (!(error instanceof RefusedPeer)) throw error;
      troubles.push(`${nodeWords(node)} is left out: ${error.message}`);
    }
  }
  const kept = withoutOverlaps(
    sound.flatMap(({ node, prefixes }) => prefixes.map((prefix) => ({ node, prefix }))),
  );
  for (const { node, prefix, by } of kept.refused) {
    troubles.push(
      `${prefix} of ${nodeWords(node)} is refused: ${nodeWords(by)} has addresses of it`,
    );
  }
  const peers = sound.map((peer) => ({
    ...peer,
    prefixes: peer.prefixes.filter((prefix) => kept.has(peer.node, prefix)),
  }));
  return { peers, troubles };
}

/** Values of which each belongs to one node only. */
class Seen {
  readonly #owners = new Map<string, string>();

  constructor({ underlay, gateways, mac }: WantedOverlay) {
    for (const value of [underlay, ...gateways, ...(mac === undefined ? [] : [mac])]) {
      this.#owners.set(`${value}`, "");
    }
  }

  take(value: string, node: string): void {
    const owner = this.#owners.get(value);
    if (owner === "") throw new RefusedPeer(`${value} is this node's own`);
    if (owner !== undefined) throw new RefusedPeer(`${value} is ${nodeWords(owner)}'s`);
    this.#owners.set(value, node);
  }
}

function soundPeer(
  wanted: WantedOverlay,
  peer: Peer,
  node: string,
  seen: Seen,
  troubles: string[],
): SoundPeer {
  const { kind, subnets } = wanted;
  const { underlay } = peer;
  if (!isUsable(underlay)) throw new RefusedPeer(`${underlay} is no address to send to`);
  if (subnets.some((subnet) => subnet.contains(underlay))) {
    throw new RefusedPeer(`its address between the nodes, ${underlay}, is one of the fleet's own`);
  }
  if (kind === "vxlan" && underlay.family !== wanted.underlay.family) {
    const own = wanted.underlay.family;
    throw new RefusedPeer(`its tunnel ends at ${underlay}, this node's at an IPv${own} address`);
  }
  const mac = kind === "vxlan" ? soundMac(peer) : undefined;
  const publicKey = kind === "wireguard" ? soundKey(peer) : undefined;
  const gateways = new Map<Family, Ip>();
  for (const ip of kind === "vxlan" || kind === "wireguard" ? peer.gateways : []) {
    if (!subnets.some((subnet) => subnet.contains(ip))) {
      throw new RefusedPeer(`its gateway ${ip} is in no subnet of the fleet`);
    }
    if (gateways.has(ip.family)) throw new RefusedPeer(`it has several IPv${ip.family} gateways`);
    gateways.set(ip.family, ip);
  }
  const key = publicKey === undefined ? [] : [publicKey.toHex()];
  const single = [underlay, ...gateways.values(), ...(mac === undefined ? [] : [mac]), ...key];
  for (const value of single) seen.take(`${value}`, node);
  const prefixes = peer.prefixes.filter((prefix) => {
    const why = prefixTrouble(wanted, prefix);
    if (why !== undefined) troubles.push(`${prefix} of ${nodeWords(node)} is refused: ${why}`);
    return why === undefined;
  });
  return {
    ...{ node, underlay, gateways, prefixes: prefixes.map((prefix) => prefix.network()) },
    ...(mac === undefined ? {} : { mac }),
    ...(publicKey === undefined ? {} : { publicKey }),
  };
}

/** Why a prefix may not be routed to another node. */
function prefixTrouble({ subnets, gateways }: WantedOverlay, prefix: Prefix): string | undefined {
  const subnet = subnets.find((each) => each.contains(prefix.ip) && each.length <= prefix.length);
  if (subnet === undefined) return "it is in no subnet of the fleet";
  const own = gateways.find((ip) => prefix.contains(ip));
  return own && `it holds this node's own address ${own}`;
}

function soundMac({ mac }: Peer): string {
  if (mac === undefined) throw new RefusedPeer("it has not said its hardware address");
  if (!isUnicast(mac.bytes)) throw new RefusedPeer(`${mac} is no hardware address of a device`);
  return mac.toString();
}

function soundKey({ publicKey }: Peer): Uint8Array {
  if (publicKey === undefined) throw new RefusedPeer("it has not said its WireGuard key");
  const key = decodeKey(publicKey);
  if (key === undefined) throw new RefusedPeer("what it says is no WireGuard key");
  return key;
}

function isUnicast(bytes: Uint8Array): boolean {
  return bytes.length === 6 && ((bytes[0] ?? 1) & 1) === 0 && bytes.some((byte) => byte !== 0);
}

/** A node's id as people read it: it comes from the store. */
export function nodeWords(node: string): string {
  const text = printable(node).replace(/\s/gu, " ");
  return `node ${text.length > 64 ? `${text.slice(0, 64)}…` : text}`;
}

function byId([a]: readonly [string, Peer], [b]: readonly [string, Peer]): number {
  return a < b ? -1 : Number(a > b);
}
