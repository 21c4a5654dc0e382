/** The peers of a network's WireGuard device: the fewest changes to those that are wanted. */
import type { Ip, Prefix } from "../addr/index.ts";
import type { Device, DeviceChange, Peer, PeerSpec } from "../kernel/wireguard/index.ts";
import type { SoundPeer } from "./screen.ts";
import type { WireguardKey } from "./wireguard-key.ts";

/** Changes of a device, by when they are made. */
export interface WireguardPlan {
  /** Before the routes: key, port, peers, and addresses that come. */
  readonly first: DeviceChange | undefined;
  /** After the routes: peers and addresses that go. */
  readonly last: DeviceChange | undefined;
}

/**
 * Where packets to a peer are sent changes by itself when the peer's packets come from elsewhere. So it is
 * set for a peer that is new, and when what is wanted has changed since it was last set.
 */
export type EndpointMemory = Map<string, string>;

export function planWireguard(
  index: number,
  { privateKey, publicKey }: WireguardKey,
  port: number,
  wanted: readonly SoundPeer[],
  standing: Device | undefined,
  memory: EndpointMemory,
): WireguardPlan {
  const found = new Map((standing?.peers ?? []).map((peer) => [peer.publicKey.toHex(), peer]));
  const first: PeerSpec[] = [];
  const last: PeerSpec[] = [];
  const kept = new Set<string>();
  for (const peer of wanted) {
    const { publicKey: key, prefixes } = peer;
    if (key === undefined) continue;
    const name = key.toHex();
    kept.add(name);
    const there = found.get(name);
    const spec = additions(peer, key, port, there, memory);
    if (spec !== undefined) first.push(spec);
    if (there !== undefined && surplus(there, prefixes)) {
      last.push({
        publicKey: key,
        allowedIps: prefixes,
        replaceAllowedIps: true,
        updateOnly: true,
      });
    }
  }
  for (const [name, { publicKey: key }] of found) {
    if (!kept.has(name)) last.push({ publicKey: key, remove: true });
  }
  for (const name of memory.keys()) if (!kept.has(name)) memory.delete(name);
  const isKeyed = standing?.publicKey !== undefined && standing.publicKey.toBase64() === publicKey;
  const own = {
    ...(isKeyed ? {} : { privateKey }),
    ...(standing?.port === port ? {} : { port }),
  };
  const hasFirst = first.length > 0 || Object.keys(own).length > 0;
  return {
    first: hasFirst ? { index, ...own, peers: first } : undefined,
    last: last.length > 0 ? { index, peers: last } : undefined,
  };
}

/** What a peer lacks; undefined when that is nothing. */
function additions(
  { underlay, prefixes }: SoundPeer,
  publicKey: Uint8Array,
  port: number,
  there: Peer | undefined,
  memory: EndpointMemory,
): PeerSpec | undefined {
  const name = publicKey.toHex();
  const end = `${underlay} ${port}`;
  const isNewEnd =
    there === undefined || (memory.get(name) !== end && !isAt(there, underlay, port));
  memory.set(name, end);
  const endpoint = isNewEnd ? { endpoint: { address: underlay, port } } : {};
  const has = new Set((there?.allowedIps ?? []).map(String));
  const allowedIps = prefixes.filter((prefix) => !has.has(prefix.toString()));
  if (there !== undefined && !isNewEnd && allowedIps.length === 0) return undefined;
  return { publicKey, ...endpoint, allowedIps };
}

function isAt({ endpoint }: Peer, address: Ip, port: number): boolean {
  return endpoint?.port === port && endpoint.address.equals(address);
}

function surplus({ allowedIps }: Peer, prefixes: readonly Prefix[]): boolean {
  const wanted = new Set(prefixes.map(String));
  return allowedIps.some((prefix) => !wanted.has(prefix.toString()));
}
