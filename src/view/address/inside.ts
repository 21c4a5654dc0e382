import type { Ip, Prefix } from "../../addr/index.ts";
import { errorText } from "../../base/index.ts";
import {
  findNetns,
  isOwnPath,
  leadsTo,
  Netns,
  NetnsGoneError,
  type NetnsIdentity,
} from "../../kernel/netns/index.ts";
import { address, link, RouteSocket } from "../../kernel/route/index.ts";

/** An address on a link, as the kernel has it. */
export interface KernelAddress {
  /** Name of the link. */
  readonly link: string;
  readonly prefix: Prefix;
}

/** What the kernel says in a container's namespace. */
export type InsideAnswer =
  | { readonly state: "there"; readonly found: KernelAddress }
  | { readonly state: "absent" }
  /** The namespace is gone, or its path leads to another one. */
  | { readonly state: "gone" }
  /** No namespace is noted, or it cannot be looked into. */
  | { readonly state: "unknown"; readonly why: string };

/** Where an attachment's namespace is, by its path and what proves it. */
export interface NamedNetns {
  readonly netns: string;
  readonly identity?: NetnsIdentity | undefined;
}

/** Asks in the namespace itself whether it has the address. */
export function askInside({ netns, identity }: NamedNetns, ip: Ip): InsideAnswer {
  const isUsable = netns !== "" && !isOwnPath(netns);
  if (!isUsable && identity === undefined) {
    return { state: "unknown", why: "no namespace is noted" };
  }
  const isRight = identity === undefined || (isUsable && leadsTo(netns, identity));
  const path = isRight ? netns : findNetns(identity);
  if (path === undefined) return { state: "gone" };
  try {
    using opened = Netns.open(path);
    const found = addressOn(ip, opened);
    return found === undefined ? { state: "absent" } : { state: "there", found };
  } catch (error) {
    if (error instanceof NetnsGoneError) return { state: "gone" };
    return { state: "unknown", why: errorText(error) };
  }
}

/** The link of a namespace that has the address; of the caller's own one without any. */
export function addressOn(ip: Ip, netns?: Netns): KernelAddress | undefined {
  using socket = RouteSocket.open(netns);
  const [found] = address.list(socket, {
    family: ip.family,
    where: ({ prefix }) => prefix.ip.equals(ip),
  });
  if (found === undefined) return undefined;
  const name = link.get(socket, { index: found.index })?.name ?? `link ${found.index}`;
  return { link: name, prefix: found.prefix };
}
