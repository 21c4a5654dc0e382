import type { Family, Ip, Prefix } from "../../../addr/index.ts";
import { ByteReader, ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  Attributes,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../netlink/index.ts";
import { familyNumber, familyOf } from "../family.ts";
import { ipBytes, ipValue, prefixValue } from "../ip-value.ts";
import { present } from "../present.ts";
import {
  decodeLifetimes,
  encodeLifetimes,
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_TENTATIVE,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
  IFA_RT_PRIORITY,
  type LifetimeState,
  type Lifetimes,
} from "./attribute.ts";
import { decodeHeader, encodeHeader } from "./header.ts";

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

/** An address of a link as the kernel tells it. */
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
export interface AddressFilter {
  readonly index?: number | undefined;
  readonly family?: Family | undefined;
}

/** Message that adds an address; EEXIST when the link has it. */
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
  const header = encodeHeader(new ByteWriter(8), { family: familyNumber(family), index });
  return { type: RTM_GETADDR, flags: 0, payload: header.finish() };
}

export function encodeAddress(spec: AddressSpec): Uint8Array {
  const { index, prefix } = spec;
  const family = prefix.family;
  const flags = (spec.flags ?? 0) | (spec.nodad === true ? IFA_F_NODAD : 0);
  const header = encodeHeader(new ByteWriter(), {
    family: familyNumber(family),
    prefixLength: prefix.length,
    flags: flags <= 0xff ? flags : 0,
    scope: spec.scope ?? 0,
    index,
  });
  const writer = new AttributeWriter(header);
  const local = prefix.ip.bytes;
  writer.bytes(IFA_LOCAL, local);
  if (flags > 0xff) {
    writer.u32(IFA_FLAGS, flags);
  }
  writer.bytes(IFA_ADDRESS, spec.peer === undefined ? local : ipBytes(spec.peer, family));
  const broadcast = spec.broadcast === undefined ? prefix.broadcast : spec.broadcast;
  if (broadcast) {
    writer.bytes(IFA_BROADCAST, ipBytes(broadcast, family));
  }
  if (spec.label !== undefined) {
    writer.string(IFA_LABEL, spec.label);
  }
  const { lifetimes } = spec;
  if (lifetimes) {
    writer.struct(IFA_CACHEINFO, (bytes) => encodeLifetimes(bytes, lifetimes));
  }
  if (spec.metric !== undefined) {
    writer.u32(IFA_RT_PRIORITY, spec.metric);
  }
  return writer.finish();
}

const KNOWN: ReadonlySet<number> = new Set([
  IFA_ADDRESS,
  IFA_LOCAL,
  IFA_LABEL,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_RT_PRIORITY,
]);

/** Decodes the payload of RTM_NEWADDR; undefined when it is neither IPv4 nor IPv6. */
export function decodeAddress(payload: Uint8Array): Address | undefined {
  const reader = new ByteReader(payload);
  const header = decodeHeader(reader);
  const family = familyOf(header.family);
  if (family === undefined) {
    return undefined;
  }
  const attributes = Attributes.parse(reader.slice(reader.remaining));
  const address = attributes.bytes(IFA_ADDRESS);
  // IPv4 always has IFA_LOCAL; IPv6 only when the other end has another address.
  const local = attributes.bytes(IFA_LOCAL) ?? address;
  const prefix = prefixValue(local, header.prefixLength, family);
  const other = address === undefined ? undefined : ipValue(address);
  const broadcast = attributes.bytes(IFA_BROADCAST);
  const lifetimes = attributes.bytes(IFA_CACHEINFO);
  const flags = attributes.u32(IFA_FLAGS) ?? header.flags;
  return {
    index: header.index,
    family,
    prefix,
    scope: header.scope,
    flags,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    dadFailed: (flags & IFA_F_DADFAILED) !== 0,
    extra: attributes.except(KNOWN),
    ...present("peer", other === undefined || other.equals(prefix.ip) ? undefined : other),
    ...present("broadcast", broadcast === undefined ? undefined : ipValue(broadcast)),
    ...present("label", attributes.string(IFA_LABEL)),
    ...present("lifetimes", lifetimes === undefined ? undefined : decodeLifetimes(lifetimes)),
    ...present("metric", attributes.u32(IFA_RT_PRIORITY)),
  };
}
