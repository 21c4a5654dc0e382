/** Finds among the packets that the kernel drops those of one connection. */
import { defined } from "../../base/index.ts";
import type { DropAlert } from "../../kernel/drop-monitor/index.ts";
import { addressesOf } from "./events.ts";
import type { PacketDirection, PacketDrop, SentPacket } from "./story.ts";

/** Where a network header may begin: behind Ethernet, behind a VLAN's tag, or at once. */
const HEADERS_AT = [14, 18, 0];
const IP6_HEADER = 40;

/** A drop of a packet of this connection, also where an address of it was translated. */
export function dropOf(alert: DropAlert, sent: SentPacket): PacketDrop | undefined {
  const direction = HEADERS_AT.map((at) => directionAt(alert.packet.subarray(at), sent)).find(
    (each) => each !== undefined,
  );
  if (direction === undefined) return undefined;
  const { place, reason } = alert;
  return { direction, place, ...defined({ reason }) };
}

function directionAt(header: Uint8Array, sent: SentPacket): PacketDirection | undefined {
  const addresses = addressesOf(header);
  if (addresses === undefined) return undefined;
  const { source, destination } = addresses;
  const isIp4 = source.family === 4;
  const protocol = header[isIp4 ? 9 : 6];
  if (protocol !== (sent.protocol === "tcp" ? 6 : 17)) return undefined;
  const transport = isIp4 ? ((header[0] ?? 0) & 0xf) * 4 : IP6_HEADER;
  const [from, to] = [portAt(header, transport), portAt(header, transport + 2)];
  const isNear = (ip: typeof source): boolean => ip.equals(sent.source);
  const isFar = (ip: typeof source): boolean => ip.equals(sent.destination);
  // Of both ends one may be translated: then the other and the ports tell.
  if (from === sent.sourcePort && (isNear(source) || isFar(destination))) return "request";
  return to === sent.sourcePort && (isNear(destination) || isFar(source)) ? "answer" : undefined;
}

function portAt(header: Uint8Array, at: number): number {
  return ((header[at] ?? 0) << 8) | (header[at + 1] ?? 0);
}
