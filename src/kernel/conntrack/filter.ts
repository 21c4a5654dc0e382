import type { Ip } from "../../addr/index.ts";
import { entryOf } from "../../base/index.ts";
import {
  CTA_FILTER,
  CTA_FILTER_F_PROTO_DST_PORT,
  CTA_FILTER_F_PROTO_NUM,
  CTA_FILTER_ORIG_FLAGS,
  CTA_TUPLE_ORIG,
} from "./constant.ts";
import { ctWriter, encodePort, type Flow } from "./flow.ts";

/** Which flows are meant: those that agree with every field that is given. */
export interface FlowFilter {
  readonly family?: 4 | 6;
  readonly protocol?: Protocol | number;
  /** Port that the flow was opened to, before any rewriting. */
  readonly originalPort?: number;
  /** Address that the flow was opened to, before any rewriting. */
  readonly originalDestination?: Ip;
  /** Judges the address that the flow was opened to; asked last. */
  readonly isOriginalDestination?: (address: Ip) => boolean;
  /** Address that answers come from: where a DNAT rule sent the flow. */
  readonly replySource?: Ip;
}

const protocols = { tcp: 6, udp: 17, dccp: 33, sctp: 132 } as const;

/** A transport protocol that has ports. */
export type Protocol = keyof typeof protocols;

/** Whether a flow agrees with a filter. */
export function matches(flow: Flow, filter: FlowFilter): boolean {
  const { family, originalPort, originalDestination, replySource } = filter;
  const protocol = protocolNumber(filter);
  if (family !== undefined && flow.family !== family) return false;
  if (protocol !== undefined && flow.original.protocol !== protocol) return false;
  if (originalPort !== undefined && flow.original.destinationPort !== originalPort) return false;
  if (originalDestination && !flow.original.destination.equals(originalDestination)) return false;
  if (replySource !== undefined && !flow.reply.source.equals(replySource)) return false;
  return filter.isOriginalDestination?.(flow.original.destination) ?? true;
}

/**
 * Payload of a dump for a filter. The kernel filters by protocol and port, too, which spares
 * copying the other flows; Linux before 5.8 does not know that and gives all of them.
 */
export function encodeDump(filter: FlowFilter): Uint8Array {
  const { originalPort } = filter;
  const family = familyOf(filter);
  const protocol = protocolNumber(filter);
  const writer = ctWriter(family);
  if (family === undefined || protocol === undefined || originalPort === undefined) {
    return writer.finish();
  }
  return writer
    .nested(CTA_TUPLE_ORIG, (tuple) => {
      encodePort(tuple, protocol, originalPort);
    })
    .nested(CTA_FILTER, (flags) => {
      flags.u32(CTA_FILTER_ORIG_FLAGS, CTA_FILTER_F_PROTO_NUM | CTA_FILTER_F_PROTO_DST_PORT);
    })
    .finish();
}

/** Refuses a filter that says nothing: it would mean every flow of the host. */
export function checkFilter(filter: FlowFilter): void {
  if (Object.values(filter).every((value) => value === undefined)) {
    throw new RangeError("a conntrack filter without any field would match every flow");
  }
}

function familyOf({ family, originalDestination, replySource }: FlowFilter): 4 | 6 | undefined {
  // A NAT never changes the IP version, so either address tells it.
  return family ?? originalDestination?.family ?? replySource?.family;
}

function protocolNumber({ protocol }: FlowFilter): number | undefined {
  return typeof protocol === "string" ? entryOf(protocols, protocol) : protocol;
}
