import { type Family, Ip, type Prefix } from "../../../addr/index.ts";
import { ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../netlink/index.ts";
import { familyNumber, familyOf } from "../family.ts";
import { ofFamily, prefixValue } from "../ip-value.ts";
import type { ListFilter } from "../list-filter.ts";
import {
  addressTable,
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_TENTATIVE,
  ifaddrmsg,
  type LifetimeState,
  type Lifetimes,
} from "./attribute.ts";

// linux/rtnetlink.h
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

/** An address to give to a link. */
export interface AddressSpec {
  /** Index of the link. */
  readonly index: number;
  /** The address, with the length of its network: 10.1.2.3/24. */
  readonly prefix: Prefix;
  /** Address of the other end of a point-to-point link. */
  readonly peer?: Ip | undefined;
  /** Absent: the last address of an IPv4 network with more than two. Null: none. */
  readonly broadcast?: Ip | null | undefined;
  /** RT_SCOPE_ number: 0 universe, 253 link, 254 host. */
  readonly scope?: number | undefined;
  /** IPv4 only: the link's name, or that and a colon and more. */
  readonly label?: string | undefined;
  /** IFA_F_ bits. */
  readonly flags?: number | undefined;
  /** IFA_F_NODAD: usable at once, without looking for duplicates (IPv6). */
  readonly nodad?: boolean | undefined;
  /** For ever when absent. */
  readonly lifetimes?: Lifetimes | undefined;
  /** Metric of the route to the network that comes with the address. */
  readonly metric?: number | undefined;
}

/** An address of a link as the kernel reports it. */
export interface Address {
  readonly index: number;
  readonly family: Family;
  readonly prefix: Prefix;
  readonly peer?: Ip;
  readonly broadcast?: Ip;
  readonly label?: string;
  readonly scope: number;
  readonly flags: number;
  /** IPv6: whether a duplicate is still looked for. */
  readonly tentative: boolean;
  /** IPv6: a duplicate was found, and the address is unusable. */
  readonly dadFailed: boolean;
  readonly lifetimes?: LifetimeState;
  readonly metric?: number;
  readonly extra: readonly Attribute[];
}

/** What a list of addresses is narrowed to. */
export interface AddressFilter extends ListFilter<Address> {
  /** Of a link, which there has to be: ENODEV otherwise. */
  readonly index?: number | undefined;
  readonly family?: Family | undefined;
}

/**
 * Message that adds an address; EEXIST when the link has it.
 *
 * @example
 * ```ts
 * import { address, link, RouteSocket, RTNLGRP_IPV4_IFADDR } from "hawser/netlink";
 * import { Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using events = RouteSocket.open(blue, [RTNLGRP_IPV4_IFADDR]);
 * using socket = RouteSocket.open(blue);
 * const index = link.add(socket, { name: "br0", kind: "bridge" });
 * const prefix = Prefix.parse("10.1.0.2/24");
 * socket.batch([
 *   address.newMessage({ index, prefix }),
 *   address.replaceMessage({ index, prefix, flags: address.IFA_F_NOPREFIXROUTE }),
 *   address.deleteMessage({ index, prefix }),
 * ]);
 * const [event] = events.netlink.receive(1000);
 * event && address.decodeAddress(event.payload)?.prefix.toString(); // → "10.1.0.2/24"
 * ```
 */
export function newMessage(spec: AddressSpec): NetlinkRequest {
  return { type: RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_EXCL, payload: encodeAddress(spec) };
}

/** Message that adds an address or changes its flags and lifetimes. */
export function replaceMessage(spec: AddressSpec): NetlinkRequest {
  return { type: RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_REPLACE, payload: encodeAddress(spec) };
}

/** Message that takes an address away; EADDRNOTAVAIL when the link does not have it. */
export function deleteMessage(spec: AddressSpec): NetlinkRequest {
  const { index, prefix, peer } = spec;
  const payload = encodeAddress({ index, prefix, peer, broadcast: null });
  return { type: RTM_DELADDR, flags: 0, payload };
}

/** Message that asks for the addresses of one family. */
export function listMessage(family: Family, index: number = 0): NetlinkRequest {
  const header = ifaddrmsg.encode(new ByteWriter(8), { family: familyNumber(family), index });
  return { type: RTM_GETADDR, flags: 0, payload: header.finish() };
}

export function encodeAddress(spec: AddressSpec): Uint8Array {
  const { index, prefix, peer, label, lifetimes, metric } = spec;
  const family = prefix.family;
  const flags = (spec.flags ?? 0) | (spec.nodad === true ? IFA_F_NODAD : 0);
  const header = ifaddrmsg.encode(new ByteWriter(), {
    family: familyNumber(family),
    prefixLength: prefix.length,
    flags: flags <= 0xff ? flags : 0,
    scope: spec.scope,
    index,
  });
  const writer = new AttributeWriter(header);
  const broadcast = spec.broadcast === undefined ? prefix.broadcast : spec.broadcast;
  const local = prefix.ip.bytes;
  addressTable.encode(writer, {
    local,
    flags: flags > 0xff ? flags : undefined,
    address: ofFamily(peer, family)?.bytes ?? local,
    broadcast: ofFamily(broadcast ?? undefined, family),
    label,
    lifetimes: lifetimes && { ...lifetimes, created: 0, updated: 0 },
    metric,
  });
  return writer.finish();
}

/** Decodes the payload of RTM_NEWADDR; undefined when it is neither IPv4 nor IPv6. */
export function decodeAddress(payload: Uint8Array): Address | undefined {
  const header = ifaddrmsg.decode(payload);
  const family = familyOf(header.family);
  if (family === undefined) return undefined;
  const { local, address, ...rest } = addressTable.decode(payload, {}, ifaddrmsg.size);
  const prefix = prefixValue(local ?? address, header.prefixLength, family);
  const other = address && Ip.fromBytes(address);
  const flags = rest.flags ?? header.flags;
  return {
    ...rest,
    index: header.index,
    family,
    prefix,
    scope: header.scope,
    flags,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    dadFailed: (flags & IFA_F_DADFAILED) !== 0,
    extra: addressTable.extra(payload, ifaddrmsg.size),
    ...(other === undefined || other.equals(prefix.ip) ? {} : { peer: other }),
  };
}
