import type { NetlinkMessage } from "../../netlink/index.ts";
import { familiesOf } from "../family.ts";
import type { RouteSocket } from "../socket.ts";
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

/** Adds a neighbour; EEXIST when there is one of this IP address. */
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
