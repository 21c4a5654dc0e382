import type { NetlinkMessage } from "../../netlink/index.ts";
import { Errno } from "../../sys/index.ts";
import type { RouteSocket } from "../socket.ts";
import { handleText } from "./header.ts";
import {
  decodeQdisc,
  deleteMessage,
  getMessage,
  listMessage,
  newMessage,
  type Qdisc,
  type QdiscPlace,
  type QdiscSpec,
  type QdiscTarget,
  RTM_NEWQDISC,
  replaceMessage,
} from "./message.ts";

export type { TrafficStats } from "./attribute.ts";
export * from "./header.ts";
export type { KindSettings, TbfInfo } from "./kind/index.ts";
export * from "./message.ts";
export { type Psched, parsePsched, readPsched } from "./psched.ts";

// What the kernel answers when nothing hangs there, or nothing but the kernel's own.
const ABSENT = [Errno.ENOENT, Errno.EINVAL, Errno.ENODEV];

/** The qdisc of one place; undefined when there is none, or none but the kernel's own. */
export function get(socket: RouteSocket, place: QdiscPlace): Qdisc | undefined {
  const operation = `get qdisc ${label(place)}`;
  const messages = socket.netlink.ask(getMessage(place), ABSENT, operation);
  return messages && qdiscs(messages)[0];
}

/** All qdiscs of the namespace, or those of one link. */
export function list(socket: RouteSocket, index?: number): Qdisc[] {
  const wanted = ({ type, payload }: NetlinkMessage): Qdisc | undefined => {
    const qdisc = type === RTM_NEWQDISC ? decodeQdisc(payload) : undefined;
    return index === undefined || qdisc?.index === index ? qdisc : undefined;
  };
  return socket.netlink.collect(listMessage(index), wanted, { operation: "list qdiscs" });
}

/**
 * Makes a qdisc; EEXIST when there is one already.
 *
 * @example
 * ```ts
 * import { qdisc, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const place = { index: 1, parent: qdisc.TC_H_ROOT };
 * const handle = qdisc.handleOf(1, 0);
 * qdisc.add(socket, { ...place, handle, kind: "pfifo" });
 * qdisc.get(socket, place)?.kind; // → "pfifo"
 * qdisc.replace(socket, { ...place, handle: qdisc.handleOf(2, 0), kind: "bfifo" });
 * qdisc.list(socket, 1).map(({ kind }) => kind); // → ["bfifo"]
 * qdisc.delete(socket, place);
 * qdisc.get(socket, place); // → undefined
 * ```
 */
export function add(socket: RouteSocket, spec: QdiscSpec): void {
  socket.netlink.request(newMessage(spec), `add qdisc ${spec.kind} ${label(spec)}`);
}

/** Makes a qdisc, or changes or replaces the one there is. */
export function replace(socket: RouteSocket, spec: QdiscSpec): void {
  socket.netlink.request(replaceMessage(spec), `replace qdisc ${spec.kind} ${label(spec)}`);
}

/** Takes a qdisc away, with its filters; ENOENT or EINVAL when there is none. */
function remove(socket: RouteSocket, target: QdiscTarget): void {
  socket.netlink.request(deleteMessage(target), `delete qdisc ${label(target)}`);
}

export { remove as delete };

function qdiscs(messages: readonly NetlinkMessage[]): Qdisc[] {
  return messages
    .filter((message) => message.type === RTM_NEWQDISC)
    .map((message) => decodeQdisc(message.payload));
}

function label({ index, parent }: QdiscPlace): string {
  return `of link ${index} at ${handleText(parent)}`;
}
