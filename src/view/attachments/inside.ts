/** What stands in the namespace of one attachment, which is entered for as long as a socket opens. */
import { defined } from "../../base/index.ts";
import { findNetns, isOwnPath, leadsTo, Netns } from "../../kernel/netns/index.ts";
import { address, link, RouteSocket, route } from "../../kernel/route/index.ts";
import { type OnProblem, orProblem } from "../sources/index.ts";
import type { AttachedLink, NodeAttachment } from "./attachment.ts";

/** The interface in the container as the kernel has it. */
export interface Inside {
  /** Absent when there is no link of that name. */
  readonly link?: InsideLink;
  /** In CIDR notation. */
  readonly addresses: readonly string[];
  readonly routes: readonly SeenRoute[];
  /** The other end of a veth pair, where that is on the host. */
  readonly peer?: AttachedLink;
}

export interface InsideLink {
  readonly name: string;
  readonly index: number;
  readonly kind?: string;
  readonly up: boolean;
  readonly operstate: string;
  readonly mtu: number;
  readonly mac?: string;
}

export interface SeenRoute {
  readonly dst: string;
  readonly gw?: string;
  readonly table?: number;
}

/** Undefined when the namespace is not to be entered, or cannot be. */
export function insideOf(one: NodeAttachment, onProblem: OnProblem): Inside | undefined {
  const path = pathOf(one);
  if (path === undefined) return undefined;
  return orProblem(`namespace ${path}`, onProblem, () => {
    using netns = Netns.open(path);
    using socket = RouteSocket.open(netns);
    const found = link.get(socket, { name: one.ifName });
    if (found === undefined) return { addresses: [], routes: [] };
    const { name, index, kind, up, operstate, mtu, address: mac } = found;
    return {
      link: { name, index, up, operstate, mtu, ...defined({ kind, mac }) },
      addresses: address.list(socket, { index }).map(({ prefix }) => prefix.toString()),
      routes: route
        .list(socket, { index })
        .filter(({ table }) => table !== route.RT_TABLE_LOCAL)
        .map(({ dst, gateway, table }) => ({
          dst: dst.toString(),
          ...defined({
            gw: gateway?.toString(),
            table: table === route.RT_TABLE_MAIN ? undefined : table,
          }),
        })),
      ...defined({ peer: peerOf(found, netns) }),
    };
  });
}

/** The path by which its namespace is reached now; undefined where none is proved to lead there. */
function pathOf({ netns, netnsState, identity }: NodeAttachment): string | undefined {
  if (netnsState !== "alive") return undefined;
  const isUsable = netns !== "" && !isOwnPath(netns);
  if (identity === undefined) return isUsable ? netns : undefined;
  return isUsable && leadsTo(netns, identity) ? netns : findNetns(identity);
}

function peerOf(inside: link.Link, netns: Netns): AttachedLink | undefined {
  using host = RouteSocket.open();
  const peer = link.peerOf(host, inside, netns);
  if (peer === undefined) return undefined;
  const { name, index, kind, up, operstate } = peer;
  const over = peer.master === undefined ? undefined : link.get(host, { index: peer.master });
  return { name, index, up, operstate, ...defined({ kind, master: over?.name }) };
}
