import { releaseMessage } from "../../../dhcp6/index.ts";
import { address, RouteSocket } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import { findLink, openNetnsRef } from "../netns-ref.ts";
import { clientOf, type Ipv6Record } from "./record.ts";
import { openUdp6, sendToServers } from "./wire.ts";

/**
 * Releases a lease, as far as that is possible: the address is taken off the link first (RFC 8415,
 * 18.2.7), and the message leaves from the link-local address.
 * @throws NetnsGone when namespace or link are not there any more.
 */
export async function release({ netns: ref, attachment, lease }: Ipv6Record): Promise<void> {
  using netns = openNetnsRef(ref);
  using rtnetlink = RouteSocket.open(netns);
  const own = findLink(rtnetlink, attachment.ifName);
  ignoring([Errno.EADDRNOTAVAIL, Errno.ENODEV], () =>
    address.delete(rtnetlink, { index: own.index, prefix: lease.address }),
  );
  if (!own.up) return;
  using udp = openUdp6(netns, attachment.ifName);
  const xid = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const given = { address: lease.address.ip, server: lease.server };
  sendToServers(udp, own.index, releaseMessage(clientOf(attachment), given, xid));
}
