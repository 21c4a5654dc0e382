import type { Family, Ip } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
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
import type { ListFilter } from "../list-filter.ts";
import { neighbourTable } from "./attribute.ts";
import { NTF_PROXY, NUD_PERMANENT, ndmsg } from "./header.ts";

// linux/rtnetlink.h
export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETNEIGH = 30;

/** A neighbour to make: which hardware address has an IP address on a link. */
export interface NeighbourSpec {
  /** Index of the link. */
  readonly index: number;
  readonly ip: Ip;
  /** Hardware address, as `02:00:00:00:00:01`. */
  readonly address?: string | undefined;
  /** NUD_ bits; permanent when absent. */
  readonly state?: number | undefined;
  /** Answer for this address on the link (proxy ARP); then it has no hardware address. */
  readonly proxy?: boolean | undefined;
}

/** A neighbour as the kernel reports it. */
export interface Neighbour {
  readonly index: number;
  readonly family: Family;
  readonly ip: Ip;
  readonly address?: string;
  readonly state: number;
  readonly proxy: boolean;
  /** NTF_ bits. */
  readonly flags: number;
  readonly extra: readonly Attribute[];
}

/** What a list of neighbours is narrowed to. */
export interface NeighbourFilter extends ListFilter<Neighbour> {
  readonly family?: Family | undefined;
  readonly index?: number | undefined;
  /** The list of addresses answered for, instead of the neighbours. */
  readonly proxy?: boolean | undefined;
}

/** Message that adds a neighbour; EEXIST when there is one of this IP address. */
export function newMessage(spec: NeighbourSpec): NetlinkRequest {
  return { type: RTM_NEWNEIGH, flags: NLM_F_CREATE | NLM_F_EXCL, payload: encodeNeighbour(spec) };
}

/** Message that adds a neighbour or changes the one there is. */
export function replaceMessage(spec: NeighbourSpec): NetlinkRequest {
  const flags = NLM_F_CREATE | NLM_F_REPLACE;
  return { type: RTM_NEWNEIGH, flags, payload: encodeNeighbour(spec) };
}

/** Message that takes a neighbour away; ENOENT when it is not there. */
export function deleteMessage(spec: NeighbourSpec): NetlinkRequest {
  const { index, ip, proxy } = spec;
  const payload = encodeNeighbour({ index, ip, proxy, state: 0 });
  return { type: RTM_DELNEIGH, flags: 0, payload };
}

/** Message that asks for the neighbours of one family. */
export function listMessage(family: Family, filter: NeighbourFilter = {}): NetlinkRequest {
  const flags = filter.proxy === true ? NTF_PROXY : 0;
  const header = ndmsg.encode(new ByteWriter(), { family: familyNumber(family), flags });
  const writer = new AttributeWriter(header);
  neighbourTable.encode(writer, { filterIndex: filter.index });
  return { type: RTM_GETNEIGH, flags: 0, payload: writer.finish() };
}

export function encodeNeighbour(spec: NeighbourSpec): Uint8Array {
  const header = ndmsg.encode(new ByteWriter(), {
    family: familyNumber(spec.ip.family),
    index: spec.index,
    state: spec.state ?? NUD_PERMANENT,
    flags: spec.proxy === true ? NTF_PROXY : 0,
  });
  const writer = new AttributeWriter(header);
  neighbourTable.encode(writer, { ip: spec.ip, address: spec.address });
  return writer.finish();
}

/** Decodes the payload of RTM_NEWNEIGH; undefined when it is neither IPv4 nor IPv6. */
export function decodeNeighbour(payload: Uint8Array): Neighbour | undefined {
  const header = ndmsg.decode(payload);
  const family = familyOf(header.family);
  const { ip, address } = neighbourTable.decode(payload, {}, ndmsg.size);
  if (family === undefined || ip === undefined) return undefined;
  return {
    index: header.index,
    family,
    ip,
    state: header.state,
    flags: header.flags,
    proxy: (header.flags & NTF_PROXY) !== 0,
    extra: neighbourTable.extra(payload, ndmsg.size),
    ...defined({ address }),
  };
}
