import { encodeFrame, encodeMessage, releaseMessage, SERVER_PORT } from "../../../dhcp/index.ts";
import type { Netns } from "../../../kernel/netns/index.ts";
import { address, RouteSocket } from "../../../kernel/route/index.ts";
import {
  AF_PACKET,
  bind,
  Errno,
  ETH_P_IP,
  type Fd,
  ignoring,
  inetAddress,
  ioctl,
  packetAddress,
  SOCK_RAW,
  send,
  socket,
  TIOCOUTQ,
} from "../../../kernel/sys/index.ts";
import { findLink, type OwnLink, openNetnsRef } from "../netns-ref.ts";
import { clientIdOf, type Ipv4Record } from "./record.ts";
import { openUdp } from "./wire.ts";

/** Longest wait for the neighbour's hardware address, and the pause between two looks. */
const LEAVE_MS = 300;
const PAUSE_MS = 2;

/**
 * Releases a lease, as far as that is possible: the message leaves by the container's own link, and
 * then the address is taken off the link, so that its next owner does not find it in use.
 * @throws NetnsGone when namespace or link are not there any more.
 */
export async function release(record: Ipv4Record): Promise<void> {
  using netns = openNetnsRef(record.netns);
  using rtnetlink = RouteSocket.open(netns);
  const { attachment, lease, mac } = record;
  const own = findLink(rtnetlink, attachment.ifName);
  if (own.up) {
    const xid = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    const clientId = clientIdOf(attachment);
    const given = { address: lease.address.ip, server: lease.server };
    // The server also identifies the client by the hardware address of the grant.
    const payload = encodeMessage(releaseMessage({ mac, clientId }, given, xid));
    if (!(await sendRouted(netns, record, payload))) sendDirectly(netns, record, own, payload);
  }
  ignoring([Errno.EADDRNOTAVAIL, Errno.ENODEV], () =>
    address.delete(rtnetlink, { index: own.index, prefix: lease.address }),
  );
}

/** From the address itself, by the container's routes; false when it does not leave. */
async function sendRouted(
  netns: Netns,
  { attachment, lease }: Ipv4Record,
  payload: Uint8Array,
): Promise<boolean> {
  using udp = openUdp(netns, attachment.ifName, lease.address.ip);
  if (udp === undefined) return false;
  try {
    send(udp, payload, 0, inetAddress(lease.server.bytes, SERVER_PORT));
  } catch {
    return false; // no route, or a firewall of the container
  }
  for (const end = performance.now() + LEAVE_MS; waiting(udp) > 0; await Bun.sleep(PAUSE_MS)) {
    if (performance.now() > end) return false;
  }
  return true;
}

/** Bytes in the send queue: they wait for the hardware address of the next hop. */
function waiting(udp: Fd): number {
  const count = new Uint8Array(4);
  ioctl(udp, TIOCOUTQ, count);
  return new DataView(count.buffer).getInt32(0, true);
}

/** Sends a frame to the next hop from which the server's last answer came. */
function sendDirectly(netns: Netns, record: Ipv4Record, own: OwnLink, payload: Uint8Array): void {
  using packet = netns.run(() => socket(AF_PACKET, SOCK_RAW, 0));
  bind(packet, packetAddress(own.index, ETH_P_IP));
  const addressing = {
    source: record.lease.address.ip,
    destination: record.lease.server,
    sourceMac: own.mac,
    destinationMac: record.serverMac,
  };
  send(packet, encodeFrame(addressing, payload));
}
