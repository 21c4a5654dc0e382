import { ByteWriter, layout } from "../../../bytes/index.ts";
import { Attributes, AttributeWriter, type NetlinkRequest } from "../../netlink/index.ts";
import { AF_BRIDGE } from "../../sys/index.ts";
import { IFLA_EXT_MASK } from "../link/attribute.ts";
import { ifinfomsg } from "../link/header.ts";
import { RTM_DELLINK, RTM_GETLINK, RTM_SETLINK } from "../link/message.ts";

// linux/if_link.h
const IFLA_AF_SPEC = 26;

// linux/if_bridge.h
const IFLA_BRIDGE_FLAGS = 0;
const IFLA_BRIDGE_VLAN_INFO = 2;

// Values of IFLA_BRIDGE_FLAGS: whose table is meant.
const BRIDGE_FLAGS_MASTER = 1;
const BRIDGE_FLAGS_SELF = 2;

// struct bridge_vlan_info, flags
const BRIDGE_VLAN_INFO_PVID = 0x2;
const BRIDGE_VLAN_INFO_UNTAGGED = 0x4;
const BRIDGE_VLAN_INFO_RANGE_BEGIN = 0x8;
const BRIDGE_VLAN_INFO_RANGE_END = 0x10;

// linux/rtnetlink.h: bit of IFLA_EXT_MASK that asks for VLANs, neighbours in one range.
const RTEXT_FILTER_BRVLAN_COMPRESSED = 4;

/** struct bridge_vlan_info of linux/if_bridge.h. */
interface VlanInfo {
  readonly flags: number;
  readonly vid: number;
}

const bridgeVlanInfo = layout<VlanInfo>({ flags: "u16", vid: "u16" });

/** VLANs of a bridge's port (or of the bridge itself) that are treated alike: `first` to `last`. */
export interface VlanRange {
  /** 1 to 4094. */
  readonly first: number;
  /** Included; equal to `first` for a single VLAN. */
  readonly last: number;
  /** Frames that come in without a tag are of this VLAN. Of a single VLAN only. */
  readonly pvid?: boolean | undefined;
  /** Frames go out without a tag. */
  readonly untagged?: boolean | undefined;
}

/** Whose table is meant: that of a port, or that of the bridge as a port of itself. */
export interface VlanTarget {
  readonly index: number;
  readonly self?: boolean | undefined;
}

/** Message that adds VLANs; those that are there already take over the flags. */
export function addMessage(target: VlanTarget, ranges: readonly VlanRange[]): NetlinkRequest {
  return { type: RTM_SETLINK, flags: 0, payload: encodeVlans(target, ranges) };
}

/** Message that removes VLANs; those that are not there are overlooked. */
export function deleteMessage(target: VlanTarget, ranges: readonly VlanRange[]): NetlinkRequest {
  return { type: RTM_DELLINK, flags: 0, payload: encodeVlans(target, ranges) };
}

/** Message that asks for the tables of all bridges and ports. */
export function listMessage(): NetlinkRequest {
  const writer = new AttributeWriter(ifinfomsg.encode(new ByteWriter(), { family: AF_BRIDGE }));
  writer.u32(IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN_COMPRESSED);
  return { type: RTM_GETLINK, flags: 0, payload: writer.finish() };
}

export function encodeVlans(target: VlanTarget, ranges: readonly VlanRange[]): Uint8Array {
  const { index, self = false } = target;
  const header = ifinfomsg.encode(new ByteWriter(), { family: AF_BRIDGE, index });
  const writer = new AttributeWriter(header);
  writer.nested(IFLA_AF_SPEC, (spec) => {
    spec.u16(IFLA_BRIDGE_FLAGS, self ? BRIDGE_FLAGS_SELF : BRIDGE_FLAGS_MASTER);
    for (const range of ranges) encodeRange(spec, range);
  });
  return writer.finish();
}

function encodeRange(writer: AttributeWriter, range: VlanRange): void {
  const { first, last, pvid = false, untagged = false } = range;
  const flags = (pvid ? BRIDGE_VLAN_INFO_PVID : 0) | (untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0);
  if (first === last) {
    encodeVlan(writer, flags, first);
    return;
  }
  encodeVlan(writer, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN, first);
  encodeVlan(writer, flags | BRIDGE_VLAN_INFO_RANGE_END, last);
}

function encodeVlan(writer: AttributeWriter, flags: number, vid: number): void {
  writer.struct(IFLA_BRIDGE_VLAN_INFO, (info) => void bridgeVlanInfo.encode(info, { flags, vid }));
}

/** The table of one port, or of a bridge itself. */
export interface VlanTable {
  readonly index: number;
  readonly ranges: readonly VlanRange[];
}

export function decodeVlans(payload: Uint8Array): VlanTable {
  const { index } = ifinfomsg.decode(payload);
  const attributes = Attributes.parse(payload.subarray(ifinfomsg.size));
  const ranges: VlanRange[] = [];
  let begin: number | undefined;
  for (const { type, payload: info } of attributes.nested(IFLA_AF_SPEC) ?? []) {
    if (type !== IFLA_BRIDGE_VLAN_INFO) continue;
    const { flags, vid } = bridgeVlanInfo.decode(info);
    if ((flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) !== 0) {
      begin = vid;
      continue;
    }
    const isEnd = (flags & BRIDGE_VLAN_INFO_RANGE_END) !== 0;
    ranges.push({
      first: isEnd ? (begin ?? vid) : vid,
      last: vid,
      pvid: (flags & BRIDGE_VLAN_INFO_PVID) !== 0,
      untagged: (flags & BRIDGE_VLAN_INFO_UNTAGGED) !== 0,
    });
  }
  return { index, ranges };
}
