import { type NetlinkMessage, NLM_F_ECHO } from "../../netlink/index.ts";
import { Errno, KernelError } from "../../sys/index.ts";
import { RouteSocket } from "../socket.ts";
import type { BridgePort } from "./kind/index.ts";
import { decodeLink, type Link } from "./link.ts";
import {
  addNamesMessage,
  deleteGroupMessage,
  deleteMessage,
  deleteNamesMessage,
  getMessage,
  type LinkChange,
  type LinkFilter,
  type LinkSpec,
  type LinkTarget,
  listMessage,
  newMessage,
  RTM_NEWLINK,
  setMessage,
  setPortMessage,
} from "./message.ts";

export { IFLA_PERM_ADDRESS, type LinkAttributes, type Operstate } from "./attribute.ts";
export { type BriefLink, listBrief } from "./brief.ts";
export { LinkDepartures } from "./departures.ts";
export * from "./header.ts";
export type * from "./kind/index.ts";
export { decodeLink, type Link } from "./link.ts";
export * from "./message.ts";
export { isPeer, peerOf } from "./peer.ts";

/** One link, or undefined when there is none of this name or index. */
export function get(socket: RouteSocket, target: LinkTarget): Link | undefined {
  const question = getMessage(target);
  const answer = socket.netlink.askOne(question, [Errno.ENODEV], `get link ${label(target)}`);
  return answer && decodeLink(answer.payload);
}

/** All links of the namespace, or those that the filter leaves. */
export function list(socket: RouteSocket, filter: LinkFilter = {}): Link[] {
  const { master, kind, where, limit } = filter;
  const wanted = ({ type, payload }: NetlinkMessage): Link | undefined => {
    const link = type === RTM_NEWLINK ? decodeLink(payload) : undefined;
    // A kernel that does not know the filter sends everything.
    if (link === undefined || (master !== undefined && link.master !== master)) return undefined;
    if (kind !== undefined && link.kind !== kind) return undefined;
    return (where?.(link) ?? true) ? link : undefined;
  };
  const reading = { operation: "list links", limit };
  return socket.netlink.collect(listMessage(filter), wanted, reading);
}

/**
 * Makes a link and gives its index in the namespace it was made in; EEXIST when the name is taken.
 * Of a veth pair it is the index of the end that `spec` itself describes. The name is one that `create` takes.
 */
export function add(socket: RouteSocket, spec: LinkSpec): number {
  return create(socket, spec).index;
}

/**
 * As `add`, and gives the link as the kernel made it. RangeError for a name by which it would not be found: an empty
 * one, or one with `%`, of which the kernel makes another.
 *
 * @example
 * ```ts
 * import { link, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using inside = RouteSocket.open(blue);
 * using outside = RouteSocket.open();
 * using here = Netns.current();
 *
 * // A pair: eth0 inside, host0 outside, which becomes a port of a bridge.
 * const bridge = link.add(outside, { name: "br0", kind: "bridge", up: true });
 * const peer = { name: "host0", netns: here };
 * const eth0 = link.create(inside, { name: "eth0", kind: "veth", mtu: 1400, up: true, peer });
 * eth0.mtu; // → 1400
 * const host0 = link.get(outside, { name: "host0" });
 * host0 && link.isPeer(outside, host0, eth0, blue); // → true
 * link.peerOf(outside, eth0, blue)?.name; // → "host0"
 *
 * link.set(outside, { name: "host0" }, { master: bridge, alias: "of blue", up: true });
 * link.setPort(outside, host0?.index ?? 0, { hairpin: true });
 * link.get(outside, { name: "host0" })?.port?.hairpin; // → true
 * link.list(outside, { master: bridge }).map(({ alias }) => alias); // → ["of blue"]
 *
 * link.addNames(outside, bridge, ["a-name-that-is-longer-than-15-bytes"]);
 * link.get(outside, { name: "a-name-that-is-longer-than-15-bytes" })?.name; // → "br0"
 * link.deleteNames(outside, bridge, ["a-name-that-is-longer-than-15-bytes"]);
 *
 * link.delete(inside, eth0.index); // → undefined
 * link.get(outside, { name: "host0" }); // → undefined
 * link.set(outside, bridge, { group: 7 });
 * link.deleteGroup(outside, 7); // → undefined
 * link.delete(outside, bridge); // throws KernelError ENODEV: delete link
 * ```
 */
export function create(socket: RouteSocket, spec: LinkSpec): Link {
  if (spec.name === "" || spec.name.includes("%")) {
    throw new RangeError(`${JSON.stringify(spec.name)} is no name of a link`);
  }
  const request = newMessage(spec);
  const operation = `add link ${spec.name}`;
  if (spec.netns === undefined) {
    const echoed = { ...request, flags: request.flags | NLM_F_ECHO };
    const made = links(socket.netlink.request(echoed, operation));
    // Kernels before 6.2 do not echo new links.
    return made.find((link) => link.name === spec.name) ?? found(socket, spec.name);
  }
  socket.netlink.request(request, operation);
  using there = RouteSocket.open(spec.netns);
  return found(there, spec.name);
}

/** Changes a link. */
export function set(socket: RouteSocket, target: LinkTarget, change: LinkChange): void {
  socket.netlink.request(setMessage(target, change), `set link ${label(target)}`);
}

/** Changes the settings a link has as a port of a bridge. */
export function setPort(socket: RouteSocket, index: number, port: BridgePort): void {
  socket.netlink.request(setPortMessage(index, port), `set bridge port ${index}`);
}

/** Deletes a link, and a veth's peer with it; ENODEV when it is gone already. */
function remove(socket: RouteSocket, target: LinkTarget): void {
  socket.netlink.request(deleteMessage(target), `delete link ${label(target)}`);
}

/** Deletes all links of a group in one go; ENODEV when there are none. */
export function deleteGroup(socket: RouteSocket, group: number): void {
  socket.netlink.request(deleteGroupMessage(group), `delete links of group ${group}`);
}

/** Gives a link further names, of up to 127 bytes. */
export function addNames(socket: RouteSocket, target: LinkTarget, names: readonly string[]): void {
  socket.netlink.request(addNamesMessage(target, names), `add names to link ${label(target)}`);
}

/** Takes further names of a link away. */
export function deleteNames(
  socket: RouteSocket,
  target: LinkTarget,
  names: readonly string[],
): void {
  const operation = `delete names of link ${label(target)}`;
  socket.netlink.request(deleteNamesMessage(target, names), operation);
}

export { remove as delete };

function links(messages: readonly NetlinkMessage[]): Link[] {
  return messages
    .filter((message) => message.type === RTM_NEWLINK)
    .map((message) => decodeLink(message.payload));
}

function found(socket: RouteSocket, name: string): Link {
  const made = get(socket, { name });
  if (made !== undefined) return made;
  throw new KernelError(`add link ${name}: find it again`, Errno.ENODEV);
}

function label(target: LinkTarget): string {
  if (typeof target === "number") return String(target);
  return "name" in target ? target.name : String(target.index);
}
