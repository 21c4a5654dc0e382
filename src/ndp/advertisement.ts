import { Ip, Mac, Prefix } from "../addr/index.ts";
import { ByteReader } from "../bytes/index.ts";
import {
  INFINITE,
  ND_OPT_PI_FLAG_AUTO,
  ND_OPT_PI_FLAG_ONLINK,
  ND_RA_FLAG_MANAGED,
  ND_RA_FLAG_OTHER,
  ND_ROUTER_ADVERT,
  OptionType,
} from "./constant.ts";
import { readDomains } from "./domains.ts";
import { decodeFrame } from "./packet.ts";

/** A prefix of the link, as a router advertises it (RFC 4861, 4.6.2). */
export interface AdvertisedPrefix {
  readonly prefix: Prefix;
  /** Its addresses are reached on the link itself. */
  readonly onLink: boolean;
  /** Addresses may be formed from it (RFC 4862). */
  readonly autonomous: boolean;
  /** In milliseconds; Infinity for one without an end. */
  readonly validMs: number;
  readonly preferredMs: number;
}

/** What a router says about its link (RFC 4861, 4.2). */
export interface RouterAdvertisement {
  /** The router's link-local address. */
  readonly router: Ip;
  readonly routerMac: Mac;
  /** How long it is a default router, in milliseconds; 0 when it is none. */
  readonly routerMs: number;
  /** Addresses are to be had by DHCPv6. */
  readonly managed: boolean;
  /** Other settings are to be had by DHCPv6. */
  readonly other: boolean;
  readonly prefixes: readonly AdvertisedPrefix[];
  /** Servers for names, and domains to search (RFC 8106); none whose lifetime is 0. */
  readonly nameservers: readonly Ip[];
  readonly search: readonly string[];
}

/** More of one kind in a single message are dropped: the router decides how many it sends. */
const MANY = 16;

/** Reads the advertisement in a frame; undefined for every other frame, and for a broken one. */
export function decodeAdvertisement(frame: Uint8Array): RouterAdvertisement | undefined {
  const packet = decodeFrame(frame);
  if (packet === undefined || !packet.source.isLinkLocal) return undefined;
  try {
    return decode(packet.source, packet.sourceMac, new ByteReader(packet.message));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decode(router: Ip, routerMac: Mac, reader: ByteReader): RouterAdvertisement | undefined {
  if (reader.u8() !== ND_ROUTER_ADVERT || reader.u8() !== 0) return undefined;
  const flags = reader.skip(3).u8();
  const routerMs = reader.u16be() * 1000;
  const found: Found = { routerMac, prefixes: [], nameservers: [], search: [] };
  for (reader.skip(8); reader.remaining > 0; ) {
    const type = reader.u8();
    const length = reader.u8() * 8;
    // An option of no length would be read for ever: the whole message is void (RFC 4861, 4.6).
    if (length === 0) return undefined;
    readOption(type, new ByteReader(reader.slice(length - 2)), found);
  }
  return {
    router,
    routerMs,
    managed: (flags & ND_RA_FLAG_MANAGED) !== 0,
    other: (flags & ND_RA_FLAG_OTHER) !== 0,
    routerMac: found.routerMac,
    prefixes: found.prefixes.slice(0, MANY),
    nameservers: found.nameservers.slice(0, MANY),
    search: found.search.slice(0, MANY),
  };
}

interface Found {
  routerMac: Mac;
  readonly prefixes: AdvertisedPrefix[];
  readonly nameservers: Ip[];
  readonly search: string[];
}

function readOption(type: number, reader: ByteReader, found: Found): void {
  switch (type) {
    case OptionType.SOURCE_LINKADDR:
      if (reader.remaining === 6) found.routerMac = Mac.fromBytes(reader.bytes(6));
      break;
    case OptionType.PREFIX_INFORMATION: {
      const prefix = readPrefix(reader);
      if (prefix !== undefined) found.prefixes.push(prefix);
      break;
    }
    case OptionType.RDNSS:
      if (reader.skip(2).u32be() === 0) break;
      while (reader.remaining >= 16) found.nameservers.push(Ip.fromBytes(reader.bytes(16)));
      break;
    case OptionType.DNSSL:
      if (reader.skip(2).u32be() === 0) break;
      found.search.push(...readDomains(reader.bytes(reader.remaining)));
      break;
    default:
  }
}

/** undefined for one that no link can have. */
function readPrefix(reader: ByteReader): AdvertisedPrefix | undefined {
  const length = reader.u8();
  const flags = reader.u8();
  const [validMs, preferredMs] = [lifetime(reader.u32be()), lifetime(reader.u32be())];
  const ip = Ip.fromBytes(reader.skip(4).bytes(16));
  if (length > 128 || ip.isLinkLocal || ip.isMulticast || preferredMs > validMs) return undefined;
  return {
    prefix: new Prefix(ip, length).network(),
    onLink: (flags & ND_OPT_PI_FLAG_ONLINK) !== 0,
    autonomous: (flags & ND_OPT_PI_FLAG_AUTO) !== 0,
    validMs,
    preferredMs,
  };
}

function lifetime(seconds: number): number {
  return seconds === INFINITE ? Infinity : seconds * 1000;
}
