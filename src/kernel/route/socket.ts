import {
  NETLINK_ROUTE,
  type NetlinkPort,
  type NetlinkRequest,
  NetlinkSocket,
} from "../netlink/index.ts";
import type { Netns } from "../netns/index.ts";

/**
 * A conversation with rtnetlink of one network namespace. All families speak through it.
 *
 * @example
 * ```ts
 * import { address, link, RouteSocket } from "hawser/netlink";
 * import { Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const { index } = link.create(socket, { name: "eth0", kind: "bridge" });
 * socket.batch([
 *   address.newMessage({ index, prefix: Prefix.parse("10.1.0.2/24") }),
 *   link.setMessage(index, { mtu: 1400, up: true }),
 * ]);
 * address.list(socket, { index, family: 4 }).map(({ prefix }) => prefix.toString()); // → ["10.1.0.2/24"]
 * ```
 */
export class RouteSocket implements Disposable {
  /** For messages that have no function of their own, and for events of the groups. */
  readonly netlink: NetlinkSocket;

  private constructor(netlink: NetlinkSocket) {
    this.netlink = netlink;
  }

  /** Opens a socket that belongs to `netns`, or to the calling thread's namespace. */
  static open(netns?: Netns, groups?: readonly number[]): RouteSocket {
    return new RouteSocket(NetlinkSocket.open(NETLINK_ROUTE, { netns, groups }));
  }

  /** A socket over something that behaves like the kernel. */
  static over(port: NetlinkPort): RouteSocket {
    return new RouteSocket(NetlinkSocket.over(port));
  }

  /**
   * Sends messages of any family in one datagram. `operations` are the words for their errors.
   * @throws BatchError, which names the first refused message; the others were carried out
   */
  batch(requests: readonly NetlinkRequest[], operations?: readonly string[]): void {
    this.netlink.batch(requests, operations);
  }

  /** Closes the socket; it may then be used again by another call of this process. */
  close(): void {
    this.netlink[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
