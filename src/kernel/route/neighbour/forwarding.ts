/** Forwarding entries (`bridge fdb`): behind which port, or at which tunnel's end, a hardware address is. */
import type { Ip } from "../../../addr/index.ts";
import { ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  type AttributeTable,
  AttributeWriter,
  attributes,
  be16,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  u32,
} from "../../netlink/index.ts";
import { AF_BRIDGE } from "../../sys/index.ts";
import { ipField, macField } from "../ip-value.ts";
import type { ListFilter } from "../list-filter.ts";
import { NTF_SELF, NUD_NOARP, NUD_PERMANENT, ndmsg } from "./header.ts";
import { RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH } from "./message.ts";

// linux/neighbour.h
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_PORT = 6;
const NDA_VNI = 7;

/** The attributes of a forwarding entry that are set and read. */
interface ForwardingTable {
  readonly address?: string;
  readonly dst?: Ip;
  /** Of the other end; that of the device when absent. */
  readonly port?: number;
  /** Of the other end; that of the device when absent. */
  readonly vni?: number;
}

const forwardingTable: AttributeTable<ForwardingTable> = attributes<ForwardingTable>({
  address: macField(NDA_LLADDR),
  dst: ipField(NDA_DST),
  vni: u32(NDA_VNI),
  port: be16(NDA_PORT),
});

/** An entry of a VXLAN device to make: at which tunnel's end a hardware address is. */
export interface ForwardingSpec {
  /** Index of the device. */
  readonly index: number;
  /** Hardware address, as `02:00:00:00:00:01`. */
  readonly address: string;
  /** Where the tunnel ends; of the family of the device's local address. */
  readonly dst?: Ip | undefined;
}

/** An entry as the kernel reports it; those of a bridge have no `dst`. */
export interface Forwarding extends ForwardingTable {
  readonly index: number;
  readonly address: string;
  /** NUD_ bits. */
  readonly state: number;
  /** NTF_ bits. */
  readonly flags: number;
  readonly extra: readonly Attribute[];
}

/** Which entries are listed. */
export interface ForwardingFilter extends ListFilter<Forwarding> {
  /** Index of the device. */
  readonly index: number;
}

/** Message that adds an entry; EEXIST when the hardware address has one. */
export function newForwardingMessage(spec: ForwardingSpec): NetlinkRequest {
  return {
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: encodeForwarding(spec),
  };
}

/** Message that adds an entry, or puts it in the place of the one there is. */
export function replaceForwardingMessage(spec: ForwardingSpec): NetlinkRequest {
  return {
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    payload: encodeForwarding(spec),
  };
}

/** Message that takes an entry away; ENOENT when it is not there. */
export function deleteForwardingMessage(spec: ForwardingSpec): NetlinkRequest {
  return { type: RTM_DELNEIGH, flags: 0, payload: encodeForwarding(spec) };
}

/** Message that asks for the entries of one device. */
export function listForwardingMessage(index: number): NetlinkRequest {
  const header = ndmsg.encode(new ByteWriter(), { family: AF_BRIDGE, index });
  return { type: RTM_GETNEIGH, flags: 0, payload: header.finish() };
}

function encodeForwarding({ index, address, dst }: ForwardingSpec): Uint8Array {
  const header = ndmsg.encode(new ByteWriter(), {
    family: AF_BRIDGE,
    index,
    state: NUD_PERMANENT | NUD_NOARP,
    flags: NTF_SELF,
  });
  const writer = new AttributeWriter(header);
  forwardingTable.encode(writer, { address, dst });
  return writer.finish();
}

/** Decodes the payload of RTM_NEWNEIGH; undefined when it is no forwarding entry. */
export function decodeForwarding(payload: Uint8Array): Forwarding | undefined {
  const header = ndmsg.decode(payload);
  if (header.family !== AF_BRIDGE) return undefined;
  const { address, ...rest } = forwardingTable.decode(payload, {}, ndmsg.size);
  if (address === undefined) return undefined;
  return {
    ...rest,
    index: header.index,
    address,
    state: header.state,
    flags: header.flags,
    extra: forwardingTable.extra(payload, ndmsg.size),
  };
}
