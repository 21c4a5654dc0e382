// Names and numbers of RFC 8415, and of RFC 3646 (options 23 and 24).

/** Ports of the protocol. */
export const SERVER_PORT = 547;
export const CLIENT_PORT = 546;

/** Message types that a client sends or receives. */
export const MessageType = {
  SOLICIT: 1,
  ADVERTISE: 2,
  REQUEST: 3,
  RENEW: 5,
  REBIND: 6,
  REPLY: 7,
  RELEASE: 8,
} as const;

/** Option codes that are used by name. */
export const OptionCode = {
  CLIENTID: 1,
  SERVERID: 2,
  IA_NA: 3,
  IAADDR: 5,
  ORO: 6,
  ELAPSED_TIME: 8,
  STATUS_CODE: 13,
  DNS_SERVERS: 23,
  DOMAIN_LIST: 24,
} as const;

/** Status codes, option 13. */
export const StatusCode = {
  SUCCESS: 0,
  UNSPEC_FAIL: 1,
  NO_ADDRS_AVAIL: 2,
  NO_BINDING: 3,
  NOT_ON_LINK: 4,
  USE_MULTICAST: 5,
} as const;

/** Type of a DUID that is a UUID (RFC 6355). */
export const DUID_UUID = 4;
/** Longest DUID, with its type. */
export const DUID_MAX = 130;

/** A lifetime that never ends. */
export const INFINITE = 0xffffffff;
