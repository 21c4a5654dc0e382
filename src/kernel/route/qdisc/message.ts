import { defined } from "../../../base/index.ts";
import { ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../netlink/index.ts";
import { TCA_OPTIONS, type TrafficStats, trafficStats, trafficTable } from "./attribute.ts";
import { tcmsg } from "./header.ts";
import { decodeKind, encodeTbf, type KindSettings } from "./kind/index.ts";

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

/** A queueing discipline as the kernel reports it. */
export interface Qdisc extends Omit<QdiscSpec, "options"> {
  readonly handle: number;
  /** TCA_OPTIONS as it came. */
  readonly options?: Uint8Array;
  readonly stats?: TrafficStats;
  /** Attributes that nothing above was made of. */
  readonly extra: readonly Attribute[];
}

/** Message that makes a qdisc; EEXIST when there is one already. */
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
  const writer = new AttributeWriter(tcmsg.encode(new ByteWriter(), target));
  trafficTable.encode(writer, { kind: target.kind });
  return { type: RTM_DELQDISC, flags: 0, payload: writer.finish() };
}

/** Message that asks for the qdisc of one place. Kernels before 6.8 answer to an echo only. */
export function getMessage(place: QdiscPlace): NetlinkRequest {
  const payload = tcmsg.encode(new ByteWriter(), place).finish();
  return { type: RTM_GETQDISC, flags: NLM_F_ECHO, payload };
}

/** Message that asks for all qdiscs; the kernel does not narrow it to a link. */
export function listMessage(index: number = 0): NetlinkRequest {
  const payload = tcmsg.encode(new ByteWriter(), { index }).finish();
  return { type: RTM_GETQDISC, flags: 0, payload };
}

export function encodeQdisc(spec: QdiscSpec): Uint8Array {
  const writer = new AttributeWriter(tcmsg.encode(new ByteWriter(), spec));
  const { kind, options, tbf } = spec;
  trafficTable.encode(writer, { kind, options });
  if (options === undefined && tbf !== undefined) {
    writer.unmarkedNested(TCA_OPTIONS, (inner) => encodeTbf(inner, tbf));
  }
  return writer.finish();
}

/** Decodes the payload of RTM_NEWQDISC. */
export function decodeQdisc(payload: Uint8Array): Qdisc {
  const { index, handle, parent } = tcmsg.decode(payload);
  const { kind = "", options, stats } = trafficTable.decode(payload, {}, tcmsg.size);
  return {
    index,
    handle,
    parent,
    kind,
    extra: trafficTable.extra(payload, tcmsg.size),
    ...defined({ options, stats: trafficStats(stats) }),
    ...(options === undefined ? {} : decodeKind(kind, options)),
  };
}
