import { ByteReader, ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  Attributes,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../netlink/index.ts";
import { present } from "../present.ts";
import {
  decodeStats,
  TCA_KIND,
  TCA_OPTIONS,
  TCA_STATS,
  TCA_STATS2,
  type TrafficStats,
} from "./attribute.ts";
import { decodeHeader, encodeHeader } from "./header.ts";
import { decodeKind, type KindSettings, kindEncoder } from "./kind/index.ts";

// linux/rtnetlink.h
export const RTM_NEWQDISC = 36;
export const RTM_DELQDISC = 37;
export const RTM_GETQDISC = 38;

/** A queueing discipline to make. */
export interface QdiscSpec extends KindSettings {
  /** Index of the link. */
  readonly index: number;
  /** TC_H_ROOT, TC_H_INGRESS or the handle of a class. */
  readonly parent: number;
  /** Chosen by the kernel when absent. */
  readonly handle?: number | undefined;
  /** `tbf`, `ingress`, `clsact`, `fq` … */
  readonly kind: string;
}

/** Where a qdisc hangs. */
export interface QdiscPlace {
  readonly index: number;
  readonly parent: number;
}

/** Which qdisc is taken away. */
export interface QdiscTarget extends QdiscPlace {
  readonly handle?: number | undefined;
  readonly kind?: string | undefined;
}

/** A queueing discipline as the kernel tells it. */
export interface Qdisc extends Omit<QdiscSpec, "options"> {
  readonly handle: number;
  /** TCA_OPTIONS as it came. */
  readonly options?: Uint8Array;
  readonly stats?: TrafficStats;
  /** Attributes that nothing above was made of. */
  readonly extra: readonly Attribute[];
}

/** Message that makes a qdisc; EEXIST when somebody has put one there. */
export function newMessage(spec: QdiscSpec): NetlinkRequest {
  return { type: RTM_NEWQDISC, flags: NLM_F_CREATE | NLM_F_EXCL, payload: encodeQdisc(spec) };
}

/** Message that makes a qdisc, or changes or replaces the one there is. */
export function replaceMessage(spec: QdiscSpec): NetlinkRequest {
  return { type: RTM_NEWQDISC, flags: NLM_F_CREATE | NLM_F_REPLACE, payload: encodeQdisc(spec) };
}

/**
 * Message that takes a qdisc away, with its filters; ENOENT or EINVAL when there is none. With a
 * handle or a kind, only a qdisc of that handle and kind goes.
 */
export function deleteMessage(target: QdiscTarget): NetlinkRequest {
  const writer = new AttributeWriter(encodeHeader(new ByteWriter(), target));
  if (target.kind !== undefined) {
    writer.string(TCA_KIND, target.kind);
  }
  return { type: RTM_DELQDISC, flags: 0, payload: writer.finish() };
}

/** Message that asks for the qdisc of one place. Kernels before 6.8 answer to an echo only. */
export function getMessage(place: QdiscPlace): NetlinkRequest {
  const payload = encodeHeader(new ByteWriter(), place).finish();
  return { type: RTM_GETQDISC, flags: NLM_F_ECHO, payload };
}

/** Message that asks for all qdiscs; the kernel does not narrow it to a link. */
export function listMessage(index: number = 0): NetlinkRequest {
  const payload = encodeHeader(new ByteWriter(), { index }).finish();
  return { type: RTM_GETQDISC, flags: 0, payload };
}

export function encodeQdisc(spec: QdiscSpec): Uint8Array {
  const writer = new AttributeWriter(encodeHeader(new ByteWriter(), spec));
  writer.string(TCA_KIND, spec.kind);
  const encode = kindEncoder(spec);
  if (spec.options !== undefined) {
    writer.bytes(TCA_OPTIONS, spec.options);
  } else if (encode !== undefined) {
    writer.unmarkedNested(TCA_OPTIONS, encode);
  }
  return writer.finish();
}

const KNOWN: ReadonlySet<number> = new Set([TCA_KIND, TCA_OPTIONS, TCA_STATS, TCA_STATS2]);

/** Decodes the payload of RTM_NEWQDISC. */
export function decodeQdisc(payload: Uint8Array): Qdisc {
  const reader = new ByteReader(payload);
  const { index, handle, parent } = decodeHeader(reader);
  const attributes = Attributes.parse(reader.slice(reader.remaining));
  const kind = attributes.string(TCA_KIND) ?? "";
  const options = attributes.bytes(TCA_OPTIONS);
  return {
    index,
    handle,
    parent,
    kind,
    extra: attributes.except(KNOWN),
    ...present("options", options),
    ...present("stats", decodeStats(attributes.nested(TCA_STATS2))),
    ...(options === undefined ? {} : decodeKind(kind, options)),
  };
}
