import type { Ip } from "../addr/index.ts";
import { link, neighbour, type RouteSocket } from "../kernel/route/index.ts";
import { WireguardSocket } from "../kernel/wireguard/index.ts";
import { deviceName } from "./names.ts";
import { isOwn } from "./standing.ts";

/** Other nodes whose ends are read: they are all alike. */
const ENDS_MAX = 16;
const LIMIT = { kept: 262_144, bytes: 256 * 1024 * 1024 };

/** Where the packets of an overlay go, as the kernel has it. */
export interface TunnelEnds {
  /** The UDP port on all nodes. */
  readonly port: number;
  /** Some of the other nodes' addresses between the nodes. */
  readonly peers: readonly Ip[];
  /** Answers come to the port that the question came from: one node's word opens the way for the other's. */
  readonly answers: boolean;
}

/** Undefined while the network has no device of its own on this node. */
export function tunnelEnds(socket: RouteSocket, network: string): TunnelEnds | undefined {
  const device = link.get(socket, { name: deviceName(network) });
  if (device === undefined || !isOwn(device, network)) return undefined;
  if (device.kind === "wireguard") return wireguardEnds(device.index);
  const { port } = device.vxlan ?? {};
  if (port === undefined) return undefined;
  const entries = neighbour.listForwarding(socket, { index: device.index, limit: LIMIT });
  return { port, peers: distinct(entries.map(({ dst }) => dst)), answers: false };
}

function wireguardEnds(index: number): TunnelEnds | undefined {
  using socket = WireguardSocket.open();
  const device = socket?.get(index);
  if (device === undefined) return undefined;
  const peers = distinct(device.peers.map(({ endpoint }) => endpoint?.address));
  return { port: device.port, peers, answers: true };
}

function distinct(all: readonly (Ip | undefined)[]): Ip[] {
  const known = new Map(all.flatMap((ip) => (ip === undefined ? [] : [[ip.toString(), ip]])));
  return [...known.values()].slice(0, ENDS_MAX);
}
