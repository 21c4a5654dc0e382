import { Ip } from "../addr/index.ts";
import { ByteReader } from "../bytes/index.ts";
import type { LeaseTimes } from "../dhcp/index.ts";
import { readDomains } from "../ndp/index.ts";
import { DUID_MAX, INFINITE, OptionCode, StatusCode } from "./constant.ts";
import { decodeOptions, type Option, optionOf } from "./options.ts";
import { statusOf, statusText } from "./status.ts";

/** An address as its server has granted it. */
export interface Lease {
  readonly address: Ip;
  /** The DUID of the server of the grant. */
  readonly server: Uint8Array;
  /** Options 23 and 24, where they were requested and given. */
  readonly nameservers: readonly Ip[];
  readonly search: readonly string[];
  readonly times: LeaseTimes;
}

/** A reply that cannot be used, and why. */
export class LeaseRefusal extends Error {
  override name = "LeaseRefusal";
  /** The server's status, where that is the reason. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** RFC 8415, 14.2 and 21.4: parts of the preferred lifetime where the server leaves them to clients. */
const RENEW_PART = 0.5;
const REBIND_PART = 0.8;
/** Shorter ones would be renewed without a pause. */
const MIN_LEASE_SECONDS = 2;
/** More resolvers or domains are dropped. */
const MANY = 16;

/** Option 2; undefined when it is missing or no DUID. */
export function serverOf(options: readonly Option[]): Uint8Array | undefined {
  const value = optionOf(options, OptionCode.SERVERID);
  return value !== undefined && value.length >= 3 && value.length <= DUID_MAX ? value : undefined;
}

/**
 * What an answer grants for the identity association `iaid`.
 * @param wanted The address that the lease has already; undefined takes the first one of the answer.
 * @throws LeaseRefusal when the answer is no use
 */
export function readLease(
  options: readonly Option[],
  server: Uint8Array,
  iaid: number,
  wanted?: Ip,
): Lease {
  try {
    return read(options, server, iaid, wanted);
  } catch (error) {
    if (error instanceof RangeError) throw new LeaseRefusal("an option is broken");
    throw error;
  }
}

function read(
  options: readonly Option[],
  server: Uint8Array,
  iaid: number,
  wanted: Ip | undefined,
): Lease {
  judge(options);
  const association = associationOf(options, iaid);
  judge(association.options);
  const granted = addressesOf(association.options);
  const found = granted.find(({ ip }) => wanted === undefined || ip.equals(wanted));
  if (found === undefined) {
    const [other] = granted;
    const instead = other === undefined ? "" : `, but ${other.ip.toString()}`;
    throw new LeaseRefusal(
      `the answer does not have ${wanted?.toString() ?? "an address"}${instead}`,
    );
  }
  return {
    address: found.ip,
    server,
    nameservers: nameserversOf(options),
    search: readDomains(optionOf(options, OptionCode.DOMAIN_LIST) ?? new Uint8Array()).slice(
      0,
      MANY,
    ),
    times: timesOf(association, found),
  };
}

/** @throws LeaseRefusal when a status says no */
function judge(options: readonly Option[]): void {
  const status = statusOf(options);
  if (status.code !== StatusCode.SUCCESS) throw new LeaseRefusal(statusText(status), status.code);
}

interface Association {
  readonly t1: number;
  readonly t2: number;
  readonly options: readonly Option[];
}

/** IA_NA (RFC 8415, 21.4). */
function associationOf(options: readonly Option[], iaid: number): Association {
  for (const [code, value] of options) {
    if (code !== OptionCode.IA_NA) continue;
    const reader = new ByteReader(value);
    if (reader.u32be() !== iaid) continue;
    const [t1, t2] = [reader.u32be(), reader.u32be()];
    // RFC 8415, 21.4: an association whose times are out of order is as good as none.
    if (t1 > t2 && t2 > 0) {
      throw new LeaseRefusal(`it asks for renewal after ${t1} s and rebinding after ${t2} s`);
    }
    return { t1, t2, options: decodeOptions(reader.slice(reader.remaining)) };
  }
  throw new LeaseRefusal("the answer has no identity association of this client");
}

interface GrantedAddress {
  readonly ip: Ip;
  readonly preferred: number;
  readonly valid: number;
}

/** IAADDR (RFC 8415, 21.6): addresses that a machine can have, and that are valid still. */
function addressesOf(options: readonly Option[]): GrantedAddress[] {
  const found: GrantedAddress[] = [];
  for (const [code, value] of options) {
    if (code !== OptionCode.IAADDR) continue;
    const reader = new ByteReader(value);
    const ip = Ip.fromBytes(reader.bytes(16));
    const [preferred, valid] = [reader.u32be(), reader.u32be()];
    const status = statusOf(decodeOptions(reader.slice(reader.remaining)));
    const isUsable = isHost(ip) && valid > 0 && preferred <= valid;
    if (isUsable && status.code === StatusCode.SUCCESS) found.push({ ip, preferred, valid });
  }
  return found;
}

/** The server's times where it names them, else parts of the preferred lifetime. */
function timesOf({ t1, t2 }: Association, { preferred, valid }: GrantedAddress): LeaseTimes {
  if (valid === INFINITE) return { renewMs: Infinity, rebindMs: Infinity, expiryMs: Infinity };
  const lease = Math.max(valid, MIN_LEASE_SECONDS);
  // A preferred lifetime of 0 or without an end says nothing about renewal.
  const basis = preferred > 0 && preferred < lease ? preferred : lease;
  const renew = t1 > 0 && t1 < lease ? t1 : basis * RENEW_PART;
  const rebind = t2 > renew && t2 < lease ? t2 : Math.max(basis * REBIND_PART, renew);
  return { renewMs: renew * 1000, rebindMs: rebind * 1000, expiryMs: lease * 1000 };
}

function nameserversOf(options: readonly Option[]): Ip[] {
  const reader = new ByteReader(optionOf(options, OptionCode.DNS_SERVERS) ?? new Uint8Array());
  const found: Ip[] = [];
  while (reader.remaining >= 16 && found.length < MANY) {
    const ip = Ip.fromBytes(reader.bytes(16));
    if (!ip.isMulticast && !ip.isUnspecified) found.push(ip);
  }
  return found;
}

/** Whether a server may give an address to a machine. */
export function isHost(ip: Ip): boolean {
  return (
    ip.family === 6 && !ip.isUnspecified && !ip.isLoopback && !ip.isMulticast && !ip.isLinkLocal
  );
}
