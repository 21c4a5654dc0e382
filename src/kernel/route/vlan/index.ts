import type { NetlinkMessage } from "../../netlink/index.ts";
import { RTM_NEWLINK } from "../link/message.ts";
import type { RouteSocket } from "../socket.ts";
import {
  addMessage,
  decodeVlans,
  deleteMessage,
  listMessage,
  type VlanRange,
  type VlanTable,
  type VlanTarget,
} from "./message.ts";

export * from "./message.ts";

/**
 * The VLAN tables of all bridges and ports of the namespace that have one.
 *
 * @example
 * ```ts
 * import { link, RouteSocket, vlan } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const index = link.add(socket, { name: "br0", kind: "bridge", bridge: { vlanFiltering: true } });
 * vlan.add(socket, { index, self: true }, [{ first: 10, last: 12 }]);
 * vlan.list(socket)[0]?.ranges.at(-1)?.last; // → 12
 * vlan.delete(socket, { index, self: true }, [{ first: 11, last: 12 }]);
 * vlan.list(socket)[0]?.ranges.at(-1)?.last; // → 10
 * ```
 */
export function list(socket: RouteSocket): VlanTable[] {
  const wanted = ({ type, payload }: NetlinkMessage): VlanTable | undefined =>
    type === RTM_NEWLINK ? decodeVlans(payload) : undefined;
  const operation = "list VLANs of bridge ports";
  return socket.netlink.collect(listMessage(), wanted, { operation });
}

/** Adds VLANs to a port, all in one message; those that are there already take over the flags. */
export function add(socket: RouteSocket, to: VlanTarget, ranges: readonly VlanRange[]): void {
  socket.netlink.request(addMessage(to, ranges), `add VLANs to link ${to.index}`);
}

/** Removes VLANs from a port, all in one message. */
function remove(socket: RouteSocket, from: VlanTarget, ranges: readonly VlanRange[]): void {
  socket.netlink.request(deleteMessage(from, ranges), `delete VLANs of link ${from.index}`);
}

export { remove as delete };
