import type { Netns } from "../../netns/index.ts";
import { Errno } from "../../sys/index.ts";
import { netnsIdOf } from "../nsid.ts";
import type { RouteSocket } from "../socket.ts";
import { decodeLink, type Link } from "./link.ts";
import { getMessage } from "./message.ts";

/**
 * Whether two links are the two ends of one veth pair: `here` in the namespace of `socket`, `there`
 * in the other namespace `netns`. Two indexes that point at each other prove nothing, since a
 * container chooses the indexes of its own links: the kernel must also say of `here` that its peer
 * lives in that very namespace.
 */
export function isPeer(socket: RouteSocket, here: Link, there: Link, netns: Netns): boolean {
  if (here.kind !== "veth" || there.kind !== "veth") return false;
  if (here.linkIndex !== there.index || there.linkIndex !== here.index) return false;
  return here.linkNetnsId !== undefined && here.linkNetnsId === netnsIdOf(socket, netns);
}

/**
 * The other end, in the namespace of `socket`, of the link `there` in the namespace `netns`;
 * undefined when `there` is no veth, or when its other end is somewhere else. See `isPeer`.
 */
export function peerOf(socket: RouteSocket, there: Link, netns: Netns): Link | undefined {
  const index = there.linkIndex;
  if (there.kind !== "veth" || index === undefined || index <= 0) return undefined;
  const operation = `get the peer of ${there.name}`;
  const answer = socket.netlink.askOne(getMessage({ index }), [Errno.ENODEV], operation);
  const here = answer && decodeLink(answer.payload);
  return here !== undefined && isPeer(socket, here, there, netns) ? here : undefined;
}
