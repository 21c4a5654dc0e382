// Names and numbers of neighbour discovery: RFC 4861; RFC 8106 (25 and 31).

/** Types of ICMPv6 messages. */
export const ND_ROUTER_SOLICIT = 133;
export const ND_ROUTER_ADVERT = 134;

/** Options of a router advertisement that are used by name. */
export const OptionType = {
  SOURCE_LINKADDR: 1,
  PREFIX_INFORMATION: 3,
  RDNSS: 25,
  DNSSL: 31,
} as const;

/** Flags of a router advertisement. */
export const ND_RA_FLAG_MANAGED = 0x80;
export const ND_RA_FLAG_OTHER = 0x40;
/** Flags of the prefix information option. */
export const ND_OPT_PI_FLAG_ONLINK = 0x80;
export const ND_OPT_PI_FLAG_AUTO = 0x40;

/** Every message has to arrive with it: a router in between would have taken one off. */
export const HOP_LIMIT = 255;

/** EtherType and next header. */
export const IPV6 = 0x86dd;
export const IPPROTO_ICMPV6 = 58;
export const ETHERNET_HEADER = 14;
export const IP6_HEADER = 40;

/** A lifetime that never ends. */
export const INFINITE = 0xffffffff;
