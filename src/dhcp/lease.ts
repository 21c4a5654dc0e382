import { Ip, Prefix } from "../addr/index.ts";
import { defined } from "../base/index.ts";
import { decodeText } from "../bytes/index.ts";
import { INFINITE, OptionCode } from "./constant.ts";
import type { Message } from "./message.ts";
import { addressList, type Options, u32Option } from "./options.ts";
import { isHost, type LeaseRoute, routersOf, routesOf } from "./routes.ts";

/** How long a lease lasts, in milliseconds; all are Infinity when it never ends. */
export interface LeaseTimes {
  /** When the server of the grant is asked for more time. */
  readonly renewMs: number;
  /** When any server is asked for more time. */
  readonly rebindMs: number;
  readonly expiryMs: number;
}

/** A lease as its server has granted it. */
export interface Lease {
  readonly address: Prefix;
  /** Option 54: the server of the grant. */
  readonly server: Ip;
  readonly routers: readonly Ip[];
  readonly routes: readonly LeaseRoute[];
  /** Options 6 and 15, where they were requested. */
  readonly nameservers: readonly Ip[];
  readonly domain?: string;
  readonly times: LeaseTimes;
}

/** A reply that cannot be used, and why. */
export class LeaseRefusal extends Error {
  override name = "LeaseRefusal";
}

const DEFAULT_LEASE_SECONDS = 3600;
/** RFC 2131, 4.4.5. */
const RENEW_PART = 0.5;
const REBIND_PART = 0.875;
/** Shorter ones would be renewed without a pause. */
const MIN_LEASE_SECONDS = 2;

/**
 * The address that a reply offers.
 * @throws LeaseRefusal when it cannot be a client's
 */
export function offeredAddress(reply: Message, server: Ip): Ip {
  const address = reply.yiaddr;
  if (!isHost(address)) {
    throw new LeaseRefusal(`offered address ${address.toString()} cannot be a machine's`);
  }
  if (address.equals(server)) {
    throw new LeaseRefusal(`offered address ${address.toString()} is the server's own`);
  }
  return address;
}

/** Option 54; undefined when it is missing or cannot be a machine's address. */
export function serverOf(options: Options): Ip | undefined {
  const value = options.get(OptionCode.SERVER_ID);
  if (value?.length !== 4) return undefined;
  const server = Ip.fromBytes(value);
  return isHost(server) ? server : undefined;
}

/**
 * What an ACK grants.
 * @throws LeaseRefusal when the ACK is no use
 */
export function readLease(ack: Message, server: Ip): Lease {
  const { options } = ack;
  const address = new Prefix(offeredAddress(ack, server), maskLength(options));
  const isNetwork = address.length < 31 && address.ip.equals(address.first());
  if (isNetwork || address.broadcast?.equals(address.ip) === true) {
    const text = `${address.toString()} is the address of the whole network`;
    throw new LeaseRefusal(`granted address ${text}`);
  }
  const domain = domainOf(options);
  return {
    address,
    server,
    routers: routersOf(options),
    routes: routesOf(options),
    nameservers: (addressList(options.get(OptionCode.DNS_SERVER)) ?? [])
      .map((bytes) => Ip.fromBytes(bytes))
      .filter((ip) => isHost(ip) || ip.isLoopback),
    ...defined({ domain }),
    times: timesOf(options),
  };
}

function maskLength(options: Options): number {
  const mask = u32Option(options.get(OptionCode.SUBNET_MASK));
  if (mask === undefined) throw new LeaseRefusal("DHCP option Subnet Mask not found in DHCPACK");
  const length = Math.clz32(~mask >>> 0);
  const whole = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  if (length === 0 || whole !== mask) {
    const text = Ip.fromBigInt(4, BigInt(mask)).toString();
    throw new LeaseRefusal(`DHCP option Subnet Mask is ${text}, which is no mask`);
  }
  return length;
}

/** Server's times where they are in order, else parts of the whole. */
function timesOf(options: Options): LeaseTimes {
  const granted = u32Option(options.get(OptionCode.LEASE_TIME)) ?? DEFAULT_LEASE_SECONDS;
  if (granted === INFINITE) return { renewMs: Infinity, rebindMs: Infinity, expiryMs: Infinity };
  const lease = Math.max(granted, MIN_LEASE_SECONDS);
  const t1 = u32Option(options.get(OptionCode.RENEWAL_TIME)) ?? lease * RENEW_PART;
  const t2 = u32Option(options.get(OptionCode.REBINDING_TIME)) ?? lease * REBIND_PART;
  const inOrder = t1 > 0 && t1 < t2 && t2 < lease;
  return {
    renewMs: (inOrder ? t1 : lease * RENEW_PART) * 1000,
    rebindMs: (inOrder ? t2 : lease * REBIND_PART) * 1000,
    expiryMs: lease * 1000,
  };
}

/** Only what can be a domain: the text ends in files that programs read line by line. */
function domainOf(options: Options): string | undefined {
  const value = options.get(OptionCode.DOMAIN_NAME);
  if (value === undefined) return undefined;
  const text = decodeText(value).replace(/\0+$/u, "");
  return /^[A-Za-z0-9_.-]{1,253}$/u.test(text) ? text : undefined;
}
