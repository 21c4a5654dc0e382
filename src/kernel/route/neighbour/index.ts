import type { NetlinkMessage } from "../../netlink/index.ts";
import { Errno, isKernelError } from "../../sys/index.ts";
import { familiesOf } from "../family.ts";
import type { RouteSocket } from "../socket.ts";
import {
  decodeForwarding,
  type Forwarding,
  type ForwardingFilter,
  listForwardingMessage,
} from "./forwarding.ts";
import {
  decodeNeighbour,
  deleteMessage,
  listMessage,
  type Neighbour,
  type NeighbourFilter,
  type NeighbourSpec,
  newMessage,
  RTM_NEWNEIGH,
  replaceMessage,
} from "./message.ts";

export * from "./forwarding.ts";
export * from "./header.ts";
export * from "./message.ts";

/** Neighbours of the namespace, IPv4 first. */
export function list(socket: RouteSocket, filter: NeighbourFilter = {}): Neighbour[] {
  const { index, where, limit } = filter;
  return familiesOf(filter.family).flatMap((family) => {
    const wanted = ({ type, payload }: NetlinkMessage): Neighbour | undefined => {
      const neighbour = type === RTM_NEWNEIGH ? decodeNeighbour(payload) : undefined;
      if (neighbour?.family !== family) return undefined;
      if (index !== undefined && neighbour.index !== index) return undefined;
      return (where?.(neighbour) ?? true) ? neighbour : undefined;
    };
    const reading = { operation: "list neighbours", limit };
    return socket.netlink.collect(listMessage(family, filter), wanted, reading);
  });
}

/** Forwarding entries of a bridge or a VXLAN device; none when there is no such link. */
export function listForwarding(socket: RouteSocket, filter: ForwardingFilter): Forwarding[] {
  const { index, where, limit } = filter;
  const wanted = ({ type, payload }: NetlinkMessage): Forwarding | undefined => {
    const entry = type === RTM_NEWNEIGH ? decodeForwarding(payload) : undefined;
    // The list of a bridge has the entries of its ports as well.
    if (entry?.index !== index) return undefined;
    return (where?.(entry) ?? true) ? entry : undefined;
  };
  const reading = { operation: "list forwarding entries", limit };
  try {
    return socket.netlink.collect(listForwardingMessage(index), wanted, reading);
  } catch (error) {
    if (isKernelError(error, Errno.ENODEV)) return [];
    throw error;
  }
}

/**
 * Adds a neighbour; EEXIST when there is one of this IP address.
 *
 * @example
 * ```ts
 * import { link, neighbour, RouteSocket } from "hawser/netlink";
 * import { Ip } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const index = link.add(socket, { name: "br0", kind: "bridge", up: true });
 * const ip = Ip.parse("10.1.0.9");
 * neighbour.add(socket, { index, ip, address: "02:00:00:00:00:01" });
 * neighbour.replace(socket, { index, ip, address: "02:00:00:00:00:02" });
 * const isOurs = ({ ip: other }: neighbour.Neighbour): boolean => ip.equals(other);
 * neighbour.list(socket, { index, where: isOurs })[0]?.address; // → "02:00:00:00:00:02"
 * neighbour.delete(socket, { index, ip });
 * neighbour.list(socket, { index, where: isOurs }); // → []
 * neighbour.listForwarding(socket, { index: 999 }); // → []
 * ```
 */
export function add(socket: RouteSocket, spec: NeighbourSpec): void {
  socket.netlink.request(newMessage(spec), `add neighbour ${spec.ip}`);
}

/** Adds a neighbour or changes the one there is. */
export function replace(socket: RouteSocket, spec: NeighbourSpec): void {
  socket.netlink.request(replaceMessage(spec), `replace neighbour ${spec.ip}`);
}

/** Takes a neighbour away; ENOENT when it is not there. */
function remove(socket: RouteSocket, spec: NeighbourSpec): void {
  socket.netlink.request(deleteMessage(spec), `delete neighbour ${spec.ip}`);
}

export { remove as delete };
