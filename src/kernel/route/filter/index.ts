import type { NetlinkMessage } from "../../netlink/index.ts";
import { handleText } from "../qdisc/header.ts";
import type { RouteSocket } from "../socket.ts";
import {
  decodeFilter,
  deleteMessage,
  type Filter,
  type FilterPlace,
  type FilterSpec,
  listMessage,
  newMessage,
  RTM_NEWTFILTER,
} from "./message.ts";

export { ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 } from "./header.ts";
export type { Action } from "./kind/action.ts";
export {
  type MirredInfo,
  TC_ACT_PIPE,
  TC_ACT_STOLEN,
  TCA_EGRESS_MIRROR,
  TCA_EGRESS_REDIR,
  TCA_INGRESS_MIRROR,
  TCA_INGRESS_REDIR,
} from "./kind/mirred.ts";
export { ANY_PACKET, type U32Info, type U32Key } from "./kind/u32.ts";
export * from "./message.ts";

/**
 * Filters of one qdisc of a link, tables of filters among them; none when the qdisc is gone.
 *
 * @example
 * ```ts
 * import { filter, qdisc, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * filter.list(socket, 1, qdisc.TC_H_CLSACT_INGRESS); // → []
 * ```
 */
export function list(socket: RouteSocket, index: number, parent: number): Filter[] {
  const operation = `list filters of link ${index} at ${handleText(parent)}`;
  const wanted = ({ type, payload }: NetlinkMessage): Filter | undefined =>
    type === RTM_NEWTFILTER ? decodeFilter(payload) : undefined;
  return socket.netlink.collect(listMessage(index, parent), wanted, { operation });
}

/**
 * Adds a filter.
 *
 * @example
 * ```ts
 * import { filter, qdisc, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * qdisc.add(socket, { index: 1, parent: qdisc.TC_H_INGRESS, handle: qdisc.handleOf(0xffff, 0), kind: "clsact" });
 * const parent = qdisc.TC_H_CLSACT_INGRESS;
 * const place = { index: 1, parent, priority: 1, protocol: filter.ETH_P_ALL };
 * const u32 = { classId: 1, keys: [filter.ANY_PACKET], actions: [] };
 * filter.add(socket, { ...place, kind: "u32", u32 });
 * filter.list(socket, 1, parent).some(({ u32: found }) => found?.keys.length === 1); // → true
 * filter.delete(socket, place);
 * filter.list(socket, 1, parent); // → []
 * ```
 */
export function add(socket: RouteSocket, spec: FilterSpec): void {
  socket.netlink.request(newMessage(spec), `add filter ${spec.kind} ${label(spec)}`);
}

/** Takes all filters of a place away; ENOENT or EINVAL when there is none. */
function remove(socket: RouteSocket, place: FilterPlace): void {
  socket.netlink.request(deleteMessage(place), `delete filter ${label(place)}`);
}

export { remove as delete };

function label({ index, parent, priority }: FilterPlace): string {
  return `of link ${index} at ${handleText(parent)}, priority ${priority}`;
}
