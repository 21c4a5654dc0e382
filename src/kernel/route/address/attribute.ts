import { ByteReader, type ByteWriter } from "../../../bytes/index.ts";

// linux/if_addr.h
export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_LABEL = 3;
export const IFA_BROADCAST = 4;
export const IFA_CACHEINFO = 6;
export const IFA_FLAGS = 8;
export const IFA_RT_PRIORITY = 9;

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

/** struct ifa_cacheinfo: how long an address lasts, in seconds from now. */
export interface Lifetimes {
  readonly preferred: number;
  readonly valid: number;
}

/** Lifetimes as the kernel tells them, with when the address came and last changed. */
export interface LifetimeState extends Lifetimes {
  /** Hundredths of a second since boot. */
  readonly created: number;
  readonly updated: number;
}

export function encodeLifetimes(writer: ByteWriter, lifetimes: Lifetimes): void {
  writer
    .u32(lifetimes.preferred) // ifa_prefered
    .u32(lifetimes.valid) // ifa_valid
    .u32(0) // cstamp
    .u32(0); // tstamp
}

export function decodeLifetimes(payload: Uint8Array): LifetimeState {
  const reader = new ByteReader(payload);
  const preferred = reader.u32(); // ifa_prefered
  const valid = reader.u32(); // ifa_valid
  const created = reader.u32(); // cstamp
  return { preferred, valid, created, updated: reader.u32() }; // tstamp
}
