import {
  NETLINK_ROUTE,
  type NetlinkPort,
  type NetlinkRequest,
  NetlinkSocket,
} from "../netlink/index.ts";
import type { Netns } from "../netns/index.ts";

/** A conversation with rtnetlink of one network namespace. All families speak through it. */
export class RouteSocket implements Disposable {
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

  close(): void {
    this.netlink[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
