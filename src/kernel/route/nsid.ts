import { ByteWriter } from "../../bytes/index.ts";
import { Attributes, AttributeWriter } from "../netlink/index.ts";
import type { Netns } from "../netns/index.ts";
import type { RouteSocket } from "./socket.ts";

// linux/rtnetlink.h and linux/net_namespace.h
const RTM_GETNSID = 90;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
/** struct rtgenmsg: a family, and padding. */
const HEADER_LENGTH = 4;
const NONE = -1;

/**
 * The number by which the socket's namespace calls another, as links have it in `linkNetnsId`;
 * undefined when it has none for it: then no link leads there.
 */
export function netnsIdOf(socket: RouteSocket, netns: Netns): number | undefined {
  const header = new ByteWriter().u32(0);
  const payload = new AttributeWriter(header).u32(NETNSA_FD, netns.fd.number).finish();
  const request = { type: RTM_GETNSID, flags: 0, payload };
  const answer = socket.netlink.askOne(request, [], "get the number of a namespace");
  if (answer === undefined) return undefined;
  const id = Attributes.parse(answer.payload.subarray(HEADER_LENGTH)).i32(NETNSA_NSID);
  return id === NONE ? undefined : id;
}
