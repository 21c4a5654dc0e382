import { Multicast, type MulticastOptions, NETLINK_ROUTE } from "../netlink/index.ts";
import type { Netns } from "../netns/index.ts";

export interface RouteEventsOptions extends Omit<MulticastOptions, "protocol" | "inside"> {
  /** The namespace that is meant; the calling thread's own when absent. */
  readonly netns?: Netns | undefined;
}

/** Hears what the kernel reports of links, addresses, routes and rules, through the event loop. */
export class RouteEvents extends Multicast {
  constructor({ netns, ...options }: RouteEventsOptions) {
    const inside = netns && (<T>(work: () => T): T => netns.run(work));
    super({ ...options, protocol: NETLINK_ROUTE, inside });
  }
}
