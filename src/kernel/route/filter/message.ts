import { defined } from "../../../base/index.ts";
import {
  type Attribute,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "../../netlink/index.ts";
import { TCA_OPTIONS, trafficTable } from "../qdisc/attribute.ts";
import { tcmsg } from "../qdisc/header.ts";
import { decodeHeader, encodeHeader } from "./header.ts";
import { decodeU32, encodeU32, type U32Info } from "./kind/u32.ts";

// linux/rtnetlink.h
export const RTM_NEWTFILTER = 44;
export const RTM_DELTFILTER = 45;
export const RTM_GETTFILTER = 46;

/** Which filters are meant: all of one priority and protocol of a qdisc. */
export interface FilterPlace {
  /** Index of the link. */
  readonly index: number;
  /** Handle of the qdisc or class. */
  readonly parent: number;
  /** Filters are tried from the lowest number up; 1 to 65535. */
  readonly priority: number;
  /** ETH_P_ number. */
  readonly protocol: number;
}

/** A traffic filter to make. */
export interface FilterSpec extends FilterPlace {
  /** `u32`, `matchall`, `bpf` … */
  readonly kind: string;
  readonly handle?: number | undefined;
  readonly u32?: U32Info | undefined;
  /** TCA_OPTIONS as it is, for a kind that is not known here. */
  readonly options?: Uint8Array | undefined;
}

/** A filter, or a table of filters, as the kernel reports it. */
export interface Filter extends Omit<FilterSpec, "options"> {
  readonly handle: number;
  readonly chain: number;
  /** TCA_OPTIONS as it came. */
  readonly options?: Uint8Array;
  /** Attributes that nothing above was made of. */
  readonly extra: readonly Attribute[];
}

/** Message that adds a filter; EEXIST when the very same handle exists. */
export function newMessage(spec: FilterSpec): NetlinkRequest {
  return { type: RTM_NEWTFILTER, flags: NLM_F_CREATE | NLM_F_EXCL, payload: encodeFilter(spec) };
}

/** Message that takes all filters of a place away; ENOENT or EINVAL when there is none. */
export function deleteMessage(place: FilterPlace): NetlinkRequest {
  return { type: RTM_DELTFILTER, flags: 0, payload: encodeHeader(place).finish() };
}

/** Message that asks for the filters of one qdisc of a link. */
export function listMessage(index: number, parent: number): NetlinkRequest {
  return { type: RTM_GETTFILTER, flags: 0, payload: encodeHeader({ index, parent }).finish() };
}

export function encodeFilter(spec: FilterSpec): Uint8Array {
  const writer = new AttributeWriter(encodeHeader(spec));
  const { kind, u32, options } = spec;
  trafficTable.encode(writer, { kind, options });
  if (options === undefined && u32 !== undefined) {
    writer.unmarkedNested(TCA_OPTIONS, (inner) => encodeU32(inner, u32));
  }
  return writer.finish();
}

/** Decodes the payload of RTM_NEWTFILTER. */
export function decodeFilter(payload: Uint8Array): Filter {
  const { kind = "", options, chain = 0 } = trafficTable.decode(payload, {}, tcmsg.size);
  const u32 = kind === "u32" && options !== undefined ? decodeU32(options) : undefined;
  return {
    ...decodeHeader(payload),
    kind,
    chain,
    extra: trafficTable.extra(payload, tcmsg.size),
    ...defined({ options, u32 }),
  };
}
