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

/** The VLAN tables of all bridges and ports of the namespace that have one. */
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
