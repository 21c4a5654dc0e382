import { Ip, Prefix } from "../../addr/index.ts";
import { ByteReader, ByteWriter } from "../../bytes/index.ts";
import {
  Attributes,
  type AttributeTable,
  attributes,
  bytes,
  cString,
  type Field,
  mapped,
  u8,
  u16,
  u32,
  u64,
} from "../netlink/index.ts";
import { AF_INET, AF_INET6, inet6Address, inetAddress } from "../sys/index.ts";

// linux/wireguard.h
export const WG_CMD_GET_DEVICE = 0;
export const WG_CMD_SET_DEVICE = 1;
export const WG_GENL_VERSION = 1;
/** Bytes of every key. */
export const WG_KEY_LEN = 32;
export const WGDEVICE_F_REPLACE_PEERS = 1;
export const WGPEER_F_REMOVE_ME = 1;
export const WGPEER_F_REPLACE_ALLOWEDIPS = 2;
export const WGPEER_F_UPDATE_ONLY = 4;
const WGDEVICE_A_IFINDEX = 1;
const WGDEVICE_A_IFNAME = 2;
const WGDEVICE_A_PRIVATE_KEY = 3;
const WGDEVICE_A_PUBLIC_KEY = 4;
const WGDEVICE_A_FLAGS = 5;
const WGDEVICE_A_LISTEN_PORT = 6;
const WGDEVICE_A_FWMARK = 7;
const WGDEVICE_A_PEERS = 8;
const WGPEER_A_PUBLIC_KEY = 1;
const WGPEER_A_PRESHARED_KEY = 2;
const WGPEER_A_FLAGS = 3;
const WGPEER_A_ENDPOINT = 4;
const WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL = 5;
const WGPEER_A_LAST_HANDSHAKE_TIME = 6;
const WGPEER_A_RX_BYTES = 7;
const WGPEER_A_TX_BYTES = 8;
const WGPEER_A_ALLOWEDIPS = 9;
const WGPEER_A_PROTOCOL_VERSION = 10;
const WGALLOWEDIP_A_FAMILY = 1;
const WGALLOWEDIP_A_IPADDR = 2;
const WGALLOWEDIP_A_CIDR_MASK = 3;

/** Where packets to a peer are sent. */
export interface Endpoint {
  readonly address: Ip;
  readonly port: number;
}

/** The attributes of a peer. */
export interface PeerTable {
  readonly publicKey?: Uint8Array | undefined;
  readonly presharedKey?: Uint8Array | undefined;
  readonly flags?: number | undefined;
  readonly endpoint?: Endpoint | undefined;
  readonly keepalive?: number | undefined;
  readonly handshake?: number | undefined;
  readonly received?: bigint | undefined;
  readonly sent?: bigint | undefined;
  readonly allowedIps?: readonly Prefix[] | undefined;
}

/** The attributes of a device. */
export interface DeviceTable {
  readonly index?: number | undefined;
  readonly name?: string | undefined;
  readonly privateKey?: Uint8Array | undefined;
  readonly publicKey?: Uint8Array | undefined;
  readonly flags?: number | undefined;
  readonly port?: number | undefined;
  readonly mark?: number | undefined;
  readonly peers?: readonly PeerTable[] | undefined;
}

interface AllowedIpTable {
  readonly family: number;
  readonly address: Uint8Array;
  readonly length: number;
}

const allowedIpTable: AttributeTable<AllowedIpTable> = attributes<AllowedIpTable>({
  family: u16(WGALLOWEDIP_A_FAMILY),
  address: bytes(WGALLOWEDIP_A_IPADDR),
  length: u8(WGALLOWEDIP_A_CIDR_MASK),
});

const allowedIp = {
  encode: ({ ip, length }: Prefix): AllowedIpTable => ({
    family: ip.family === 4 ? AF_INET : AF_INET6,
    address: ip.bytes,
    length,
  }),
  decode: ({ address, length }: Partial<AllowedIpTable>): Prefix | undefined =>
    address === undefined ? undefined : new Prefix(Ip.fromBytes(address), length ?? 0),
};

export const peerTable: AttributeTable<PeerTable> = attributes<PeerTable>(
  {
    publicKey: bytes(WGPEER_A_PUBLIC_KEY),
    flags: u32(WGPEER_A_FLAGS),
    presharedKey: bytes(WGPEER_A_PRESHARED_KEY),
    endpoint: mapped(bytes(WGPEER_A_ENDPOINT), encodeEndpoint, decodeEndpoint),
    keepalive: u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL),
    handshake: mapped(bytes(WGPEER_A_LAST_HANDSHAKE_TIME), encodeTime, decodeTime),
    received: u64(WGPEER_A_RX_BYTES),
    sent: u64(WGPEER_A_TX_BYTES),
    allowedIps: list(WGPEER_A_ALLOWEDIPS, allowedIpTable, allowedIp.encode, allowedIp.decode),
  },
  [WGPEER_A_PROTOCOL_VERSION],
);

export const deviceTable: AttributeTable<DeviceTable> = attributes<DeviceTable>({
  index: u32(WGDEVICE_A_IFINDEX),
  name: cString(WGDEVICE_A_IFNAME),
  privateKey: bytes(WGDEVICE_A_PRIVATE_KEY),
  publicKey: bytes(WGDEVICE_A_PUBLIC_KEY),
  port: u16(WGDEVICE_A_LISTEN_PORT),
  mark: u32(WGDEVICE_A_FWMARK),
  flags: u32(WGDEVICE_A_FLAGS),
  peers: list(
    WGDEVICE_A_PEERS,
    peerTable,
    (peer) => peer,
    (peer) => peer,
  ),
});

/** Nests inside a nest, one for each element of a list. Their own numbers mean nothing. */
function list<T extends object, E>(
  type: number,
  table: AttributeTable<T>,
  encode: (element: E) => T,
  decode: (values: Partial<T>) => E | undefined,
): Field<readonly E[]> {
  return {
    type,
    write: (writer, number, elements) =>
      writer.nested(number, (outer) => {
        for (const element of elements) {
          outer.nested(0, (inner) => table.encode(inner, encode(element)));
        }
      }),
    read: (memory, start, length) => {
      const found: E[] = [];
      for (const { payload } of Attributes.parse(memory.subarray(start, start + length))) {
        const element = decode(table.decode(payload, {}));
        if (element !== undefined) found.push(element);
      }
      return found;
    },
  };
}

/** struct sockaddr_in or sockaddr_in6. */
function encodeEndpoint({ address, port }: Endpoint): Uint8Array {
  return address.family === 4
    ? inetAddress(address.bytes, port)
    : inet6Address(address.bytes, port, 0);
}

/** Null where the kernel knows no endpoint yet. */
function decodeEndpoint(payload: Uint8Array): Endpoint | null {
  const reader = new ByteReader(payload);
  const family = reader.u16(); // sin_family, sin6_family
  const port = reader.u16be(); // sin_port, sin6_port
  if (family === AF_INET) return { address: Ip.fromBytes(reader.slice(4)), port };
  if (family !== AF_INET6) return null;
  reader.skip(4); // sin6_flowinfo
  return { address: Ip.fromBytes(reader.slice(16)), port };
}

/** struct __kernel_timespec, of which the seconds are enough. */
function encodeTime(seconds: number): Uint8Array {
  return new ByteWriter().u64(BigInt(seconds)).u64(0n).finish();
}

function decodeTime(payload: Uint8Array): number | null {
  const seconds = Number(new ByteReader(payload).u64());
  return seconds === 0 ? null : seconds;
}
