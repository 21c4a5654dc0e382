import { ByteWriter } from "../../../bytes/index.ts";
import {
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../netlink/index.ts";
import type { Netns } from "../../netns/index.ts";
import { AF_BRIDGE } from "../../sys/index.ts";
import type { ListFilter } from "../list-filter.ts";
import {
  commonTable,
  IFLA_ALT_IFNAME,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFNAME,
  IFLA_PROTINFO,
  IFNAME_MAX,
  type LinkAttributes,
  RTEXT_FILTER_SKIP_STATS,
} from "./attribute.ts";
import {
  IFF_ALLMULTI,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_PROMISC,
  IFF_UP,
  ifinfomsg,
  type LinkHeader,
} from "./header.ts";
import { type BridgePort, bridgePortTable, type KindSettings } from "./kind/index.ts";
import { type Link, writeInfo } from "./link.ts";

// linux/rtnetlink.h
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_SETLINK = 19;
export const RTM_NEWLINKPROP = 108;
export const RTM_DELLINKPROP = 109;

/** Which link is meant: by index, or by name (also an alternative name). */
export type LinkTarget = number | { readonly index: number } | { readonly name: string };

/** A link to make. The kernel ignores an alias here: it is set when the link exists. */
export interface LinkSpec extends Omit<LinkAttributes, "alias" | "netns">, KindSettings {
  readonly name: string;
  /** `veth`, `bridge`, `dummy`, `ifb`, `macvlan`, `ipvlan`, `vlan`, `vrf` … */
  readonly kind: string;
  /** Namespace the link is made in, when it is not that of the socket. */
  readonly netns?: Netns | undefined;
  readonly up?: boolean | undefined;
  /** IFLA_LINK: index of the link that this one stands on, in the namespace of the socket. */
  readonly linkIndex?: number | undefined;
  /** Index that the new link shall have; chosen by the kernel when absent. */
  readonly index?: number | undefined;
}

/** What to change of a link. Absent properties stay as they are. */
export interface LinkChange extends LinkAttributes {
  /** New name. Before Linux 6.2 a link that is up refuses it by EBUSY. */
  readonly name?: string | undefined;
  readonly up?: boolean | undefined;
  readonly promisc?: boolean | undefined;
  readonly allmulti?: boolean | undefined;
  readonly multicast?: boolean | undefined;
  readonly arp?: boolean | undefined;
  /** Settings of the bridge, when the link is one. */
  readonly bridge?: KindSettings["bridge"];
  /** Settings of the VXLAN device, when the link is one. */
  readonly vxlan?: KindSettings["vxlan"];
}

/** What a list of links is narrowed to; the kernel does it. */
export interface LinkFilter extends ListFilter<Link> {
  readonly master?: number | undefined;
  readonly kind?: string | undefined;
}

/**
 * Message that makes a link; EEXIST when the name is taken.
 *
 * @example
 * ```ts
 * import { link, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * // Three changes in one datagram.
 * socket.batch([
 *   link.newMessage({ name: "br0", kind: "bridge", bridge: { ageingTime: 10_000 } }),
 *   link.setMessage({ name: "br0" }, { mtu: 1400 }),
 *   link.newMessage({ name: "br1", kind: "bridge" }),
 * ]);
 * link.get(socket, { name: "br0" })?.bridge?.ageingTime; // → 10000
 * socket.batch([link.deleteMessage({ name: "br0" }), link.deleteMessage({ name: "br1" })]);
 * link.list(socket, { kind: "bridge" }); // → []
 * ```
 */
export function newMessage(spec: LinkSpec): NetlinkRequest {
  const up = spec.up === true ? IFF_UP : 0;
  const writer = start({ index: spec.index ?? 0, flags: up, change: up });
  commonTable.encode(writer, spec);
  writeInfo(writer, spec);
  return { type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, payload: writer.finish() };
}

/** Message that changes a link. */
export function setMessage(target: LinkTarget, change: LinkChange): NetlinkRequest {
  const { flags, mask } = changedFlags(change);
  const writer = startAt(target, { flags, change: mask });
  if (change.name !== undefined && indexOf(target) === 0) {
    throw new RangeError("a link is renamed by its index");
  }
  // The count of those that ask for all multicast frames is the kernel's; a request sets a flag.
  commonTable.encode(writer, { ...change, allmulti: undefined });
  const { bridge, vxlan } = change;
  if (bridge !== undefined) writeInfo(writer, { kind: "bridge", bridge });
  if (vxlan !== undefined) writeInfo(writer, { kind: "vxlan", vxlan });
  return { type: RTM_NEWLINK, flags: 0, payload: writer.finish() };
}

/** Message that changes the settings a link has as a port of a bridge. */
export function setPortMessage(index: number, port: BridgePort): NetlinkRequest {
  const writer = start({ family: AF_BRIDGE, index });
  writer.nested(IFLA_PROTINFO, (inner) => bridgePortTable.encode(inner, port));
  return { type: RTM_SETLINK, flags: 0, payload: writer.finish() };
}

/** Message that deletes a link. */
export function deleteMessage(target: LinkTarget): NetlinkRequest {
  return { type: RTM_DELLINK, flags: 0, payload: startAt(target, {}).finish() };
}

/** Message that deletes all links of a group at once, which costs about as much as one. */
export function deleteGroupMessage(group: number): NetlinkRequest {
  if (group === 0) throw new RangeError("group 0 is every link that is in no other group");
  return { type: RTM_DELLINK, flags: 0, payload: start({}).u32(IFLA_GROUP, group).finish() };
}

/** Message that asks for one link. */
export function getMessage(target: LinkTarget): NetlinkRequest {
  const writer = startAt(target, {}).u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return { type: RTM_GETLINK, flags: 0, payload: writer.finish() };
}

/** Message that asks for all links. */
export function listMessage(filter: LinkFilter = {}): NetlinkRequest {
  const { master, kind } = filter;
  const writer = start({}).u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  commonTable.encode(writer, { master });
  if (kind !== undefined) writeInfo(writer, { kind });
  return { type: RTM_GETLINK, flags: 0, payload: writer.finish() };
}

/** Message that gives a link further names. */
export function addNamesMessage(target: LinkTarget, names: readonly string[]): NetlinkRequest {
  return namesMessage(RTM_NEWLINKPROP, target, names);
}

/** Message that takes further names away. */
export function deleteNamesMessage(target: LinkTarget, names: readonly string[]): NetlinkRequest {
  return namesMessage(RTM_DELLINKPROP, target, names);
}

function namesMessage(
  type: number,
  target: LinkTarget,
  altNames: readonly string[],
): NetlinkRequest {
  const writer = startAt(target, {});
  commonTable.encode(writer, { altNames });
  const flags = type === RTM_NEWLINKPROP ? NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE : 0;
  return { type, flags, payload: writer.finish() };
}

function changedFlags(change: LinkChange): { flags: number; mask: number } {
  let flags = 0;
  let mask = 0;
  const wish = (flag: number, on: boolean | undefined): void => {
    if (on === undefined) return;
    mask |= flag;
    if (on) flags |= flag;
  };
  wish(IFF_UP, change.up);
  wish(IFF_PROMISC, change.promisc);
  wish(IFF_ALLMULTI, change.allmulti);
  wish(IFF_MULTICAST, change.multicast);
  wish(IFF_NOARP, change.arp === undefined ? undefined : !change.arp);
  return { flags, mask };
}

function start(header: Partial<LinkHeader>): AttributeWriter {
  return new AttributeWriter(ifinfomsg.encode(new ByteWriter(), header));
}

function startAt(target: LinkTarget, header: Partial<LinkHeader>): AttributeWriter {
  const writer = start({ ...header, index: indexOf(target) });
  if (typeof target === "object" && "name" in target) writeName(writer, target.name);
  return writer;
}

function indexOf(target: LinkTarget): number {
  if (typeof target === "number") return target;
  return "index" in target ? target.index : 0;
}

/** An alternative name of up to 15 bytes is found by IFLA_IFNAME too. */
function writeName(writer: AttributeWriter, name: string): void {
  if (name === "") throw new RangeError("a link has no empty name");
  const long = new TextEncoder().encode(name).length > IFNAME_MAX;
  writer.string(long ? IFLA_ALT_IFNAME : IFLA_IFNAME, name);
}
