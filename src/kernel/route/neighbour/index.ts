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
  const found: Neighbour[] = [];
  for (const family of familiesOf(filter.family)) {
    const messages = socket.netlink.dump(listMessage(family, filter), "list neighbours");
    for (const message of messages) {
      if (message.type !== RTM_NEWNEIGH) {
        continue;
      }
      const neighbour = decodeNeighbour(message.payload);
      if (neighbour?.family !== family) {
        continue;
      }
      if (filter.index === undefined || neighbour.index === filter.index) {
        found.push(neighbour);
      }
    }
  }
  return found;
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
