import type { Ip } from "../../../addr/index.ts";
import { type Layout, layout } from "../../../bytes/index.ts";
import {
  type AttributeTable,
  attributes,
  bytes,
  cString,
  struct,
  u32,
} from "../../netlink/index.ts";
import { ipField } from "../ip-value.ts";

// linux/if_addr.h
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_RT_PRIORITY = 9;

export const IFA_F_SECONDARY = 0x01;
export const IFA_F_NODAD = 0x02;
export const IFA_F_OPTIMISTIC = 0x04;
export const IFA_F_DADFAILED = 0x08;
export const IFA_F_HOMEADDRESS = 0x10;
export const IFA_F_DEPRECATED = 0x20;
export const IFA_F_TENTATIVE = 0x40;
export const IFA_F_PERMANENT = 0x80;
export const IFA_F_MANAGETEMPADDR = 0x100;
export const IFA_F_NOPREFIXROUTE = 0x200;

/** A lifetime that never ends. */
export const INFINITY_LIFE_TIME = 0xffffffff;

/** struct ifaddrmsg of linux/if_addr.h. */
interface AddressHeader {
  readonly family: number;
  readonly prefixLength: number;
  /** The low eight bits of the flags. */
  readonly flags: number;
  readonly scope: number;
  readonly index: number;
}

export const ifaddrmsg: Layout<AddressHeader> = layout<AddressHeader>({
  family: "u8", // ifa_family
  prefixLength: "u8", // ifa_prefixlen
  flags: "u8", // ifa_flags
  scope: "u8", // ifa_scope
  index: "u32", // ifa_index
});

/** How long an address lasts, in seconds from now. */
export interface Lifetimes {
  readonly preferred: number;
  readonly valid: number;
}

/** Lifetimes as the kernel reports them, with when the address came and last changed. */
export interface LifetimeState extends Lifetimes {
  /** Hundredths of a second since boot. */
  readonly created: number;
  readonly updated: number;
}

/** struct ifa_cacheinfo of linux/if_addr.h. */
const cacheinfo = layout<LifetimeState>({
  preferred: "u32", // ifa_prefered
  valid: "u32", // ifa_valid
  created: "u32", // cstamp
  updated: "u32", // tstamp
});

/** The attributes of an address message. */
interface AddressTable {
  /** IPv4 always has it; IPv6 only when the other end has another address. */
  readonly local: Uint8Array;
  readonly flags: number;
  /** Of the other end; the same as `local` when there is none. */
  readonly address: Uint8Array;
  readonly broadcast: Ip;
  readonly label: string;
  readonly lifetimes: LifetimeState;
  readonly metric: number;
}

export const addressTable: AttributeTable<AddressTable> = attributes<AddressTable>({
  local: bytes(IFA_LOCAL),
  flags: u32(IFA_FLAGS),
  address: bytes(IFA_ADDRESS),
  broadcast: ipField(IFA_BROADCAST),
  label: cString(IFA_LABEL),
  lifetimes: struct(IFA_CACHEINFO, cacheinfo),
  metric: u32(IFA_RT_PRIORITY),
});
