import type { Prefix } from "../../addr/index.ts";
import { GENL_HDRLEN, genericRequest } from "../generic/index.ts";
import type { NetlinkMessage, NetlinkRequest } from "../netlink/index.ts";
import {
  deviceTable,
  type Endpoint,
  type PeerTable,
  WG_CMD_GET_DEVICE,
  WG_CMD_SET_DEVICE,
  WG_GENL_VERSION,
  WG_KEY_LEN,
  WGDEVICE_F_REPLACE_PEERS,
  WGPEER_F_REMOVE_ME,
  WGPEER_F_REPLACE_ALLOWEDIPS,
  WGPEER_F_UPDATE_ONLY,
} from "./attribute.ts";

/** A peer to add or to change. What is absent of one that exists stays as it is. */
export interface PeerSpec {
  /** 32 bytes: by it a peer is known. */
  readonly publicKey: Uint8Array;
  /** 32 bytes; all zero for none. */
  readonly presharedKey?: Uint8Array | undefined;
  readonly endpoint?: Endpoint | undefined;
  /** Seconds between packets that keep the way open; 0 for none. */
  readonly keepalive?: number | undefined;
  /** Addresses whose packets go to this peer and come from it. Another peer that has one loses it. */
  readonly allowedIps?: readonly Prefix[] | undefined;
  /** Those that the peer has are taken away first. */
  readonly replaceAllowedIps?: boolean | undefined;
  /** A peer that does not exist is not made. */
  readonly updateOnly?: boolean | undefined;
  readonly remove?: boolean | undefined;
}

/** What to change of a device. What is absent stays as it is. */
export interface DeviceChange {
  /** Index of the link. */
  readonly index: number;
  /** 32 bytes. */
  readonly privateKey?: Uint8Array | undefined;
  /** UDP port; EADDRINUSE when the device is up and another socket has it. */
  readonly port?: number | undefined;
  /** Mark of the packets that it sends; 0 for none. */
  readonly mark?: number | undefined;
  /** All peers are taken away first. */
  readonly replacePeers?: boolean | undefined;
  readonly peers?: readonly PeerSpec[] | undefined;
}

/** A peer as the kernel reports it. */
export interface Peer {
  readonly publicKey: Uint8Array;
  readonly endpoint?: Endpoint;
  /** Seconds; 0 for none. */
  readonly keepalive: number;
  /** Seconds since 1970; absent before the first handshake. */
  readonly handshake?: number;
  readonly received: bigint;
  readonly sent: bigint;
  readonly allowedIps: readonly Prefix[];
}

/** A device as the kernel reports it, without its private key. */
export interface Device {
  readonly index: number;
  readonly name: string;
  /** Absent while it has no private key. */
  readonly publicKey?: Uint8Array;
  readonly port: number;
  readonly mark: number;
  readonly peers: readonly Peer[];
}

/** Allowed addresses in one message: an attribute holds 64 KiB, and one of them takes 44 bytes at most. */
const ALLOWED_IPS_MAX = 512;
/** Bytes that a peer takes beside its allowed addresses, in units of one of them. */
const PEER_WEIGHT = 4;

/** Message that asks for a device with its peers, as a list. */
export function getMessage(family: number, index: number): NetlinkRequest {
  return genericRequest(family, WG_CMD_GET_DEVICE, WG_GENL_VERSION, (writer) =>
    deviceTable.encode(writer, { index }),
  );
}

/** Messages that change a device: more than one where its peers have many addresses. */
export function setMessages(family: number, change: DeviceChange): NetlinkRequest[] {
  const { index, privateKey, port, mark, replacePeers = false, peers = [] } = change;
  checkKeys(change);
  const groups = grouped(peers);
  const [first = []] = groups;
  const flags = replacePeers ? WGDEVICE_F_REPLACE_PEERS : undefined;
  return [
    { index, privateKey, port, mark, flags, peers: first.length === 0 ? undefined : first },
    ...groups.slice(1).map((group) => ({ index, peers: group })),
  ].map((values) =>
    genericRequest(family, WG_CMD_SET_DEVICE, WG_GENL_VERSION, (writer) =>
      deviceTable.encode(writer, values),
    ),
  );
}

/** A device from all messages of its list; undefined when there is none. */
export function decodeDevice(messages: readonly NetlinkMessage[]): Device | undefined {
  const parts = messages.map(({ payload }) => deviceTable.decode(payload, {}, GENL_HDRLEN));
  const [first] = parts;
  if (first?.index === undefined) return undefined;
  const peers = new Map<string, Peer>();
  for (const peer of parts.flatMap((part) => part.peers ?? [])) {
    if (peer.publicKey === undefined) continue;
    const key = peer.publicKey.toHex();
    // A peer with many addresses goes on in the next message.
    const before = peers.get(key);
    const allowedIps = peer.allowedIps ?? [];
    peers.set(
      key,
      before === undefined
        ? peerOf(peer, peer.publicKey)
        : { ...before, allowedIps: [...before.allowedIps, ...allowedIps] },
    );
  }
  const { index, name = "", publicKey, port = 0, mark = 0 } = first;
  const device = { index, name, port, mark, peers: [...peers.values()] };
  return publicKey === undefined ? device : { ...device, publicKey };
}

function peerOf(values: PeerTable, publicKey: Uint8Array): Peer {
  const { endpoint, handshake, keepalive = 0, received = 0n, sent = 0n } = values;
  return {
    ...{ publicKey, keepalive, received, sent, allowedIps: values.allowedIps ?? [] },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(handshake === undefined ? {} : { handshake }),
  };
}

/** Peers by the messages that they fit into; one with many addresses is in several. */
function grouped(peers: readonly PeerSpec[]): PeerTable[][] {
  const groups: PeerTable[][] = [];
  let group: PeerTable[] = [];
  let weight = 0;
  for (const piece of peers.flatMap(pieces)) {
    const own = PEER_WEIGHT + (piece.allowedIps?.length ?? 0);
    if (group.length > 0 && weight + own > ALLOWED_IPS_MAX + PEER_WEIGHT) {
      groups.push(group);
      group = [];
      weight = 0;
    }
    group.push(piece);
    weight += own;
  }
  return group.length === 0 ? groups : [...groups, group];
}

function pieces(spec: PeerSpec): PeerTable[] {
  const { publicKey, presharedKey, endpoint, keepalive, allowedIps } = spec;
  const flags =
    (spec.remove === true ? WGPEER_F_REMOVE_ME : 0) |
    (spec.replaceAllowedIps === true ? WGPEER_F_REPLACE_ALLOWEDIPS : 0) |
    (spec.updateOnly === true ? WGPEER_F_UPDATE_ONLY : 0);
  const first: PeerTable = {
    ...{ publicKey, presharedKey, endpoint, keepalive },
    flags: flags === 0 ? undefined : flags,
    allowedIps: allowedIps?.slice(0, ALLOWED_IPS_MAX),
  };
  const more: PeerTable[] = [];
  for (let at = ALLOWED_IPS_MAX; at < (allowedIps?.length ?? 0); at += ALLOWED_IPS_MAX) {
    more.push({ publicKey, allowedIps: allowedIps?.slice(at, at + ALLOWED_IPS_MAX) });
  }
  return [first, ...more];
}

function checkKeys({ privateKey, peers = [] }: DeviceChange): void {
  const keys = [privateKey, ...peers.flatMap((peer) => [peer.publicKey, peer.presharedKey])];
  for (const key of keys) {
    if (key !== undefined && key.length !== WG_KEY_LEN) {
      throw new RangeError(`a WireGuard key has ${WG_KEY_LEN} bytes, not ${key.length}`);
    }
  }
}
