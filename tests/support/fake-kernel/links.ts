import { ByteWriter } from "../../../src/bytes/index.ts";
import {
  Attributes,
  AttributeWriter,
  type NetlinkMessage,
  NLM_F_ECHO,
  NLM_F_EXCL,
} from "../../../src/kernel/netlink/index.ts";
import { Errno } from "../../../src/kernel/sys/index.ts";
import { attributesOf, number, text, writeAll } from "./attributes.ts";
import { FakeLink, IFF_LOWER_UP, IFF_PROMISC, IFF_RUNNING, IFF_UP } from "./link.ts";
import type { FakeNetns } from "./netns.ts";
import { type Answer, Refused } from "./port.ts";
import { addVlans, deleteVlans, giveDefaultVlan, vlanAnswer } from "./vlans.ts";

// linux/rtnetlink.h, linux/if_link.h, linux/veth.h
export const RTM_NEWLINK = 16;
const HEADER_SIZE = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_PROTINFO = 12;
const IFLA_TXQLEN = 13;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_AF_SPEC = 26;
const IFLA_GROUP = 27;
const IFLA_PROMISCUITY = 30;
const IFLA_NET_NS_FD = 28;
const IFLA_LINK_NETNSID = 37;
const IFLA_PROP_LIST = 52;
const IFLA_ALT_IFNAME = 53;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INFO_SLAVE_KIND = 4;
const IFLA_INFO_SLAVE_DATA = 5;
const VETH_INFO_PEER = 1;
const AF_BRIDGE = 7;
const IF_OPER_DOWN = 2;
const IF_OPER_UP = 6;

/** What links need of the rest of the kernel. */
export interface LinkWorld {
  /** The namespace that a descriptor leads to. */
  netnsOf(descriptor: number): FakeNetns;
}

interface Request {
  readonly family: number;
  readonly index: number;
  readonly flags: number;
  readonly change: number;
  readonly attributes: Map<number, Uint8Array>;
}

function requestOf(payload: Uint8Array): Request {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return {
    family: view.getUint8(0),
    index: view.getInt32(4, true),
    flags: view.getUint32(8, true),
    change: view.getUint32(12, true),
    attributes: attributesOf(payload, HEADER_SIZE),
  };
}

/** RTM_NEWLINK: makes a link, or changes the one there is. */
export function newLink(here: FakeNetns, message: NetlinkMessage, world: LinkWorld): Answer[] {
  const request = requestOf(message.payload);
  const existing = find(here, request);
  if (existing !== undefined) {
    if ((message.flags & NLM_F_EXCL) !== 0) throw new Refused(Errno.EEXIST);
    change(existing, request, world);
    return [];
  }
  const info = infoOf(request.attributes);
  if (info === undefined) throw new Refused(Errno.ENODEV);
  const made = create(here, request, info, world);
  return (message.flags & NLM_F_ECHO) === 0 ? [] : [linkAnswer(here, made)];
}

/** RTM_SETLINK: the settings that a link has as a port of a bridge. */
export function setLink(here: FakeNetns, { payload }: NetlinkMessage, world: LinkWorld): void {
  const request = requestOf(payload);
  const link = present(find(here, request));
  if (request.family !== AF_BRIDGE) {
    change(link, request, world);
    return;
  }
  if (link.master?.kind !== "bridge") throw new Refused(Errno.EOPNOTSUPP);
  addVlans(link, request.attributes.get(IFLA_AF_SPEC));
  const settings = request.attributes.get(IFLA_PROTINFO) ?? new Uint8Array(0);
  for (const [type, value] of attributesOf(settings, 0)) link.port.set(type, value);
}

export function deleteLink(here: FakeNetns, { payload }: NetlinkMessage): void {
  const request = requestOf(payload);
  const group = number(request.attributes.get(IFLA_GROUP));
  if (group !== undefined) {
    const members = [...here.links.values()].filter((link) => link.group === group);
    if (members.length === 0) throw new Refused(Errno.ENODEV);
    for (const member of members) vanish(member);
    return;
  }
  const link = present(find(here, request));
  if (request.family === AF_BRIDGE) {
    deleteVlans(link, request.attributes.get(IFLA_AF_SPEC));
    return;
  }
  if (link.kind === undefined) throw new Refused(Errno.EOPNOTSUPP);
  vanish(link);
}

export function getLinks(here: FakeNetns, { payload }: NetlinkMessage, isDump: boolean): Answer[] {
  const request = requestOf(payload);
  if (!isDump) return [linkAnswer(here, present(find(here, request)))];
  if (request.family === AF_BRIDGE) {
    return [...here.links.values()].filter(({ vlans }) => vlans.size > 0).map(vlanAnswer);
  }
  const master = number(request.attributes.get(IFLA_MASTER));
  const kind = infoOf(request.attributes)?.kind;
  return [...here.links.values()]
    .filter((link) => master === undefined || link.master?.index === master)
    .filter((link) => kind === undefined || link.kind === kind)
    .sort((a, b) => a.index - b.index)
    .map((link) => linkAnswer(here, link));
}

/** RTM_NEWLINKPROP and RTM_DELLINKPROP. */
export function changeNames(here: FakeNetns, { payload }: NetlinkMessage, add: boolean): void {
  const request = requestOf(payload);
  const link = present(find(here, request));
  const list = Attributes.parse(request.attributes.get(IFLA_PROP_LIST) ?? new Uint8Array(0));
  for (const { payload: value } of list.all(IFLA_ALT_IFNAME)) {
    const name = text(value) ?? "";
    if (add && here.byName(name) !== undefined) throw new Refused(Errno.EEXIST);
    if (add) link.altNames.add(name);
    else if (!link.altNames.delete(name)) throw new Refused(Errno.ENOENT);
  }
}

function find(here: FakeNetns, { index, attributes }: Request): FakeLink | undefined {
  if (index > 0) return here.links.get(index);
  const name = text(attributes.get(IFLA_IFNAME) ?? attributes.get(IFLA_ALT_IFNAME));
  return name === undefined ? undefined : here.byName(name);
}

function present(link: FakeLink | undefined): FakeLink {
  if (link === undefined) throw new Refused(Errno.ENODEV);
  return link;
}

interface Info {
  readonly kind: string;
  readonly data: Uint8Array;
}

function infoOf(attributes: ReadonlyMap<number, Uint8Array>): Info | undefined {
  const info = attributes.get(IFLA_LINKINFO);
  if (info === undefined) return undefined;
  const inside = attributesOf(info, 0);
  const kind = text(inside.get(IFLA_INFO_KIND)) ?? "";
  return { kind, data: inside.get(IFLA_INFO_DATA) ?? new Uint8Array(0) };
}

const KINDS: ReadonlySet<string> = new Set([
  ...["bridge", "dummy", "ifb", "ipvlan", "macvlan", "veth", "vlan", "vrf", "vxlan"],
]);

function create(here: FakeNetns, request: Request, info: Info, world: LinkWorld): FakeLink {
  if (!KINDS.has(info.kind)) throw new Refused(Errno.EOPNOTSUPP);
  const link = place(here, request, info.kind, world);
  if (info.kind === "veth") {
    const inside = attributesOf(info.data, 0).get(VETH_INFO_PEER);
    const peerRequest = requestOf(inside ?? new Uint8Array(HEADER_SIZE));
    try {
      const peer = place(here, peerRequest, "veth", world);
      peer.peer = link;
      link.peer = peer;
    } catch (error) {
      link.netns?.remove(link);
      throw error;
    }
    return link;
  }
  for (const [type, value] of attributesOf(info.data, 0)) link.data.set(type, value);
  if (info.kind === "bridge") giveDefaultVlan(link);
  const parent = number(request.attributes.get(IFLA_LINK));
  if (parent !== undefined) link.peer = present(here.links.get(parent));
  return link;
}

function place(here: FakeNetns, request: Request, kind: string, world: LinkWorld): FakeLink {
  const descriptor = number(request.attributes.get(IFLA_NET_NS_FD));
  const there = descriptor === undefined ? here : world.netnsOf(descriptor);
  const name = text(request.attributes.get(IFLA_IFNAME)) ?? freeName(there, kind);
  if (there.byName(name) !== undefined) throw new Refused(Errno.EEXIST);
  if (request.index > 0 && there.links.has(request.index)) throw new Refused(Errno.EBUSY);
  const link = new FakeLink(name, kind);
  there.add(link, request.index);
  const { attributes } = request;
  for (const type of [IFLA_IFNAME, IFLA_NET_NS_FD, IFLA_LINKINFO, IFLA_IFALIAS]) {
    attributes.delete(type);
  }
  change(link, request, world);
  return link;
}

function freeName(there: FakeNetns, kind: string): string {
  for (let number = 0; ; number++) {
    if (there.byName(`${kind}${number}`) === undefined) return `${kind}${number}`;
  }
}

function change(link: FakeLink, request: Request, world: LinkWorld): void {
  const { attributes } = request;
  const descriptor = number(attributes.get(IFLA_NET_NS_FD));
  const name = request.index > 0 ? text(attributes.get(IFLA_IFNAME)) : undefined;
  if (descriptor !== undefined) move(link, world.netnsOf(descriptor), name ?? link.name);
  else if (name !== undefined && name !== link.name) rename(link, name);
  link.mtu = number(attributes.get(IFLA_MTU)) ?? link.mtu;
  link.txqlen = number(attributes.get(IFLA_TXQLEN)) ?? link.txqlen;
  link.group = number(attributes.get(IFLA_GROUP)) ?? link.group;
  link.address = attributes.get(IFLA_ADDRESS) ?? link.address;
  link.alias = text(attributes.get(IFLA_IFALIAS)) ?? link.alias;
  const master = number(attributes.get(IFLA_MASTER));
  if (master !== undefined) enslave(link, master);
  link.flags = (link.flags & ~request.change) | (request.flags & request.change);
  const info = infoOf(attributes);
  if (info === undefined) return;
  for (const [type, value] of attributesOf(info.data, 0)) link.data.set(type, value);
}

function rename(link: FakeLink, name: string): void {
  if (link.netns?.byName(name) !== undefined) throw new Refused(Errno.EEXIST);
  link.name = name;
}

/** A link that moves goes down, and leaves what belongs to the namespace behind. */
function move(link: FakeLink, there: FakeNetns, name: string): void {
  if (there === link.netns) return;
  if (there.byName(name) !== undefined) throw new Refused(Errno.EEXIST);
  const { index } = link;
  link.netns?.remove(link);
  link.master = undefined;
  link.vlans.clear();
  link.flags &= ~IFF_UP;
  link.name = name;
  there.add(link, index);
}

function enslave(link: FakeLink, master: number): void {
  if (master === 0) {
    link.master = undefined;
    link.port.clear();
    link.vlans.clear();
    return;
  }
  const found = link.netns?.links.get(master);
  if (found === undefined) throw new Refused(Errno.EINVAL);
  if (found.kind !== "bridge" && found.kind !== "vrf") throw new Refused(Errno.EOPNOTSUPP);
  link.master = found;
  if (found.kind === "bridge") giveDefaultVlan(link);
}

/** Away with a link, with the other end of a pair, and with what stands on it. */
export function vanish(link: FakeLink): void {
  const { netns } = link;
  if (netns?.links.get(link.index) !== link) return;
  netns.remove(link);
  for (const other of netns.links.values()) if (other.master === link) enslave(other, 0);
  if (link.kind === "veth" && link.peer !== undefined) vanish(link.peer);
  const above = [...netns.links.values()].filter(
    ({ peer, kind }) => peer === link && kind !== "veth",
  );
  for (const one of above) vanish(one);
}

function linkAnswer(here: FakeNetns, link: FakeLink): Answer {
  const running = link.isRunning ? IFF_RUNNING | IFF_LOWER_UP : 0;
  const header = new ByteWriter()
    .u8(0)
    .u8(0)
    .u16(link.kind === undefined ? 772 : 1);
  header
    .i32(link.index)
    .u32((link.flags | running) >>> 0)
    .u32(0);
  const writer = new AttributeWriter(header);
  writer.string(IFLA_IFNAME, link.name).u32(IFLA_TXQLEN, link.txqlen);
  writer.u8(IFLA_OPERSTATE, operstate(link)).u32(IFLA_MTU, link.mtu).u32(IFLA_GROUP, link.group);
  writer.bytes(IFLA_ADDRESS, link.address);
  writer.u32(IFLA_PROMISCUITY, (link.flags & IFF_PROMISC) === 0 ? 0 : 1);
  if (link.master !== undefined) writer.u32(IFLA_MASTER, link.master.index);
  if (link.alias !== "") writer.string(IFLA_IFALIAS, link.alias);
  if (link.peer?.netns !== undefined) {
    writer.u32(IFLA_LINK, link.peer.index);
    if (link.peer.netns !== here) writer.i32(IFLA_LINK_NETNSID, here.netnsId(link.peer.netns));
  }
  if (link.altNames.size > 0) {
    writer.nested(IFLA_PROP_LIST, (list) => {
      for (const name of link.altNames) list.string(IFLA_ALT_IFNAME, name);
    });
  }
  if (link.kind !== undefined) writer.nested(IFLA_LINKINFO, (info) => writeInfo(info, link));
  return { type: RTM_NEWLINK, payload: writer.finish() };
}

function writeInfo(info: AttributeWriter, link: FakeLink): void {
  info.string(IFLA_INFO_KIND, link.kind ?? "");
  if (link.data.size > 0) info.nested(IFLA_INFO_DATA, (data) => void writeAll(data, link.data));
  if (link.master?.kind === undefined) return;
  info.string(IFLA_INFO_SLAVE_KIND, link.master.kind);
  info.nested(IFLA_INFO_SLAVE_DATA, (data) => void writeAll(data, link.port));
}

function operstate(link: FakeLink): number {
  if (!link.isUp) return IF_OPER_DOWN;
  if (link.isRunning) return link.kind === undefined ? 0 : IF_OPER_UP;
  return IF_OPER_DOWN;
}
