// Names and numbers of RFC 2131 and RFC 2132, RFC 3442 (121) and RFC 3396.

/** Ports of the protocol. */
export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

/** Message types, option 53. */
export const MessageType = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

/** Option codes that are used by name. */
export const OptionCode = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  DNS_SERVER: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  STATIC_ROUTE: 33,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETER_LIST: 55,
  MESSAGE: 56,
  MAX_MESSAGE_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  USER_CLASS: 77,
  CLASSLESS_ROUTE: 121,
  END: 255,
} as const;

export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
/** Hardware type of Ethernet. */
export const HTYPE_ETHERNET = 1;
/** The flag by which a client asks for answers by broadcast. */
export const FLAG_BROADCAST = 0x8000;
export const MAGIC_COOKIE = 0x63825363;

/** What every server must take (RFC 2131, section 2), without the headers of IP and UDP. */
export const MIN_MESSAGE = 300;
/** Longest message that the client takes: an Ethernet frame of the usual size. */
export const MAX_MESSAGE = 1472;

/** A lease time that never ends. */
export const INFINITE = 0xffffffff;
