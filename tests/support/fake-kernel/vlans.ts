import { ByteWriter } from "../../../src/bytes/index.ts";
import { Attributes, AttributeWriter } from "../../../src/kernel/netlink/index.ts";
import type { FakeLink } from "./link.ts";
import type { Answer } from "./port.ts";

// linux/rtnetlink.h, linux/if_link.h, linux/if_bridge.h
const RTM_NEWLINK = 16;
const AF_BRIDGE = 7;
const IFLA_AF_SPEC = 26;
const IFLA_BRIDGE_VLAN_INFO = 2;
const BRIDGE_VLAN_INFO_PVID = 0x2;
const BRIDGE_VLAN_INFO_UNTAGGED = 0x4;
const BRIDGE_VLAN_INFO_RANGE_BEGIN = 0x8;
const BRIDGE_VLAN_INFO_RANGE_END = 0x10;
const KEPT = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
const DEFAULT_VLAN = 1;

/** What a new bridge and a new port of it have. */
export function giveDefaultVlan({ vlans }: FakeLink): void {
  vlans.clear();
  vlans.set(DEFAULT_VLAN, KEPT);
}

export function addVlans({ vlans }: FakeLink, spec: Uint8Array | undefined): void {
  for (const [vid, flags] of vlansOf(spec)) {
    if ((flags & BRIDGE_VLAN_INFO_PVID) !== 0) {
      for (const [other, known] of vlans) vlans.set(other, known & ~BRIDGE_VLAN_INFO_PVID);
    }
    vlans.set(vid, flags & KEPT);
  }
}

export function deleteVlans({ vlans }: FakeLink, spec: Uint8Array | undefined): void {
  for (const [vid] of vlansOf(spec)) vlans.delete(vid);
}

function vlansOf(spec: Uint8Array | undefined): [vid: number, flags: number][] {
  const all: [number, number][] = [];
  let first: number | undefined;
  for (const { type, payload } of Attributes.parse(spec ?? new Uint8Array(0))) {
    if (type !== IFLA_BRIDGE_VLAN_INFO) continue;
    const view = new DataView(payload.buffer, payload.byteOffset);
    const [flags, vid] = [view.getUint16(0, true), view.getUint16(2, true)];
    if ((flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) !== 0) first = vid;
    else for (let each = first ?? vid; each <= vid; each++) all.push([each, flags]);
    if ((flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) === 0) first = undefined;
  }
  return all;
}

/** The table of a bridge or port; VLANs in a row that are alike are one range. */
export function vlanAnswer({ index, vlans }: FakeLink): Answer {
  const header = new ByteWriter().u8(AF_BRIDGE).u8(0).u16(1);
  header.i32(index).u32(0).u32(0);
  const writer = new AttributeWriter(header);
  writer.nested(IFLA_AF_SPEC, (spec) => {
    const put = (flags: number, vid: number): void =>
      void spec.bytes(IFLA_BRIDGE_VLAN_INFO, new ByteWriter().u16(flags).u16(vid).finish());
    for (const { first, last, flags } of rangesOf(vlans)) {
      if (first === last) put(flags, first);
      else {
        put(flags | BRIDGE_VLAN_INFO_RANGE_BEGIN, first);
        put(flags | BRIDGE_VLAN_INFO_RANGE_END, last);
      }
    }
  });
  return { type: RTM_NEWLINK, payload: writer.finish() };
}

interface Range {
  readonly first: number;
  last: number;
  readonly flags: number;
}

function rangesOf(vlans: ReadonlyMap<number, number>): Range[] {
  const ranges: Range[] = [];
  for (const [vid, flags] of [...vlans].sort(([a], [b]) => a - b)) {
    const range = ranges.at(-1);
    const isNext = range?.last === vid - 1 && range.flags === flags;
    // A VLAN of frames without a tag is never part of a range.
    if (isNext && (flags & BRIDGE_VLAN_INFO_PVID) === 0) range.last = vid;
    else ranges.push({ first: vid, last: vid, flags });
  }
  return ranges;
}
