/** Matches and targets of iptables that nftables carries in iptables' own structures. */
import { Ip } from "../../addr/index.ts";
import { u16At, u32At } from "../../bytes/index.ts";
import type { XtMatch, XtTarget } from "../../kernel/nftables/index.ts";
import type { Marks } from "./load.ts";
import type { Mark } from "./mark.ts";
import { IPPROTO_TCP, type Packet } from "./packet.ts";
import type { RoutingSource } from "./source.ts";
import type { Translation } from "./translation.ts";

// linux/netfilter/xt_conntrack.h
const XT_CONNTRACK_STATE = 1;
const MTINFO_FLAGS_AT = 146;
const MTINFO_STATE_AT = 150;
const STATE_ESTABLISHED = 2;
const STATE_NEW = 8;
const STATE_DNAT = 128;

/** Whether the packet matches; undefined where that cannot be said. */
export function matchXt(
  { name, info }: XtMatch,
  packet: Packet,
  marks: Marks,
  routing: RoutingSource,
): boolean | undefined {
  try {
    switch (name) {
      case "comment":
        return true;
      case "conntrack":
        return matchConntrack(info, packet);
      case "state":
        return (u32At(info, 0) & stateOf(packet)) !== 0;
      case "mark":
        return matchMark(info, marks.packet);
      case "connmark":
        return matchMark(info, marks.connection);
      case "addrtype":
        return matchAddressType(info, packet, routing);
      case "tcp":
      case "udp":
        return matchPorts(info, packet);
      case "multiport":
        return matchMultiport(info, packet);
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // of another revision, and shorter
    throw error;
  }
}

function stateOf({ isReply, isTranslated }: Packet): number {
  if (isReply) return STATE_ESTABLISHED;
  return isTranslated ? STATE_NEW | STATE_DNAT : STATE_NEW;
}

/** struct xt_conntrack_mtinfo3: only the state is compared here. */
function matchConntrack(info: Uint8Array, packet: Packet): boolean | undefined {
  const flags = u16At(info, MTINFO_FLAGS_AT);
  if ((flags & ~XT_CONNTRACK_STATE) !== 0) return undefined;
  const isInverted = (u16At(info, MTINFO_FLAGS_AT + 2) & XT_CONNTRACK_STATE) !== 0;
  const hasState = (u16At(info, MTINFO_STATE_AT) & stateOf(packet)) !== 0;
  return hasState !== isInverted;
}

/** struct xt_mark_mtinfo1, and the same of a connection: mark, mask, invert. */
function matchMark(info: Uint8Array, mark: Mark): boolean | undefined {
  const isSame = mark.has(u32At(info, 0), u32At(info, 4));
  return isSame === undefined ? undefined : isSame !== (info[8] === 1);
}

/** struct xt_addrtype_info_v1: bits of types for source and destination, flags. */
function matchAddressType(
  info: Uint8Array,
  { source, destination }: Packet,
  routing: RoutingSource,
): boolean | undefined {
  const flags = u32At(info, 4);
  if ((flags & ~3) !== 0) return undefined; // limited to a link
  const has = (mask: number, ip: Ip, isInverted: boolean): boolean =>
    mask === 0 || ((mask & (1 << routing.addressType(ip))) !== 0) !== isInverted;
  return (
    has(u16At(info, 0), source, (flags & 1) !== 0) &&
    has(u16At(info, 2), destination, (flags & 2) !== 0)
  );
}

/** struct xt_tcp and struct xt_udp: both begin with two ranges of ports. */
function matchPorts(info: Uint8Array, packet: Packet): boolean | undefined {
  const { protocol, sourcePort, destinationPort } = packet;
  const isTcp = protocol === IPPROTO_TCP;
  const inverted = info[isTcp ? 11 : 8] ?? 0;
  if (isTcp && (info[8] !== 0 || info[9] !== 0)) return undefined; // options and flags
  const from = inRange(sourcePort, u16At(info, 0), u16At(info, 2), (inverted & 1) !== 0);
  const to = inRange(destinationPort, u16At(info, 4), u16At(info, 6), (inverted & 2) !== 0);
  if (from === false || to === false) return false;
  return from === undefined || to === undefined ? undefined : true;
}

function inRange(
  port: number | undefined,
  first: number,
  last: number,
  isInverted: boolean,
): boolean | undefined {
  if (first === 0 && last === 0xffff) return !isInverted;
  return port === undefined ? undefined : (first <= port && port <= last) !== isInverted;
}

const XT_MULTIPORT_DESTINATION = 1;
const PORTS_AT = 2;
const RANGES_AT = 32;
const INVERT_AT = 47;

/** struct xt_multiport_v1. */
function matchMultiport(info: Uint8Array, { destinationPort }: Packet): boolean | undefined {
  const [flags = 0, count = 0] = info;
  if (flags !== XT_MULTIPORT_DESTINATION || destinationPort === undefined) return undefined;
  const port = (at: number): number => u16At(info, PORTS_AT + 2 * at);
  let isThere = false;
  for (let at = 0; at < Math.min(count, 15); at++) {
    const first = port(at);
    const isRange = info[RANGES_AT + at] === 1;
    const last = isRange ? port(++at) : first;
    if (first <= destinationPort && destinationPort <= last) isThere = true;
  }
  return isThere !== (info[INVERT_AT] === 1);
}

/** What a target does: it ends the chain, translates, or lets the packet go on. */
export type XtEffect =
  | { readonly kind: "go" }
  | { readonly kind: "reject" }
  | { readonly kind: "perhaps" }
  | { readonly kind: "translate"; readonly translation: Translation };

const GOES: XtEffect = { kind: "go" };

/** What a target of iptables does to the packet. Marks are changed unless `isSure` is false. */
export function applyXt({ name, info }: XtTarget, marks: Marks, isSure: boolean): XtEffect {
  switch (name) {
    case "REJECT":
      return { kind: "reject" };
    case "MASQUERADE":
      return { kind: "translate", translation: { kind: "masquerade" } };
    case "SNAT":
      return { kind: "translate", translation: { kind: "snat" } };
    case "REDIRECT":
      return { kind: "translate", translation: { kind: "redirect" } };
    case "DNAT":
      return { kind: "translate", translation: dnatOf(info) };
    case "MARK":
      setMark(marks, info, isSure);
      return GOES;
    case "CONNMARK":
      marks.connection.forget();
      marks.packet.forget();
      return GOES;
    case "NFQUEUE":
      return { kind: "perhaps" };
    default:
      return GOES; // it logs, marks or counts
  }
}

/** struct xt_mark_tginfo2: mark, mask. */
function setMark({ packet }: Marks, info: Uint8Array, isSure: boolean): void {
  if (info.length < 8) packet.forget();
  else packet.change(~u32At(info, 4), u32At(info, 0), isSure);
}

const NF_NAT_RANGE_MAP_IPS = 1;
const NF_NAT_RANGE_PROTO_SPECIFIED = 2;

/** struct nf_nat_range2, or nf_nat_ipv4_multi_range_compat of the oldest revision. */
function dnatOf(info: Uint8Array): Translation {
  const isOldest = info.length < 40;
  const at = isOldest ? 4 : 0;
  if (info.length < (isOldest ? 20 : 38)) return { kind: "dnat" };
  const flags = u32At(info, at);
  const port = isOldest ? bigPort(info, 16) : bigPort(info, 36);
  const bytes = info.subarray(at + 4, at + (isOldest ? 8 : 20));
  const isIp4 = isOldest || bytes.subarray(4).every((byte) => byte === 0);
  return {
    kind: "dnat",
    ...((flags & NF_NAT_RANGE_MAP_IPS) !== 0 && {
      address: Ip.fromBytes(isIp4 ? bytes.slice(0, 4) : bytes.slice()),
    }),
    ...((flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0 && { port }),
  };
}

function bigPort(info: Uint8Array, at: number): number {
  return ((info[at] ?? 0) << 8) | (info[at + 1] ?? 0);
}
