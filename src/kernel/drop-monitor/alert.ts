import { defined } from "../../base/index.ts";
import { GENL_HDRLEN } from "../generic/index.ts";
import { Attributes } from "../netlink/index.ts";

// linux/net_dropmon.h
export const NET_DM_CMD_CONFIG = 2;
export const NET_DM_CMD_START = 3;
export const NET_DM_CMD_STOP = 4;
export const NET_DM_CMD_PACKET_ALERT = 5;
export const NET_DM_ATTR_ALERT_MODE = 1;
export const NET_DM_ATTR_TRUNC_LEN = 9;
export const NET_DM_ATTR_QUEUE_LEN = 11;
export const NET_DM_ATTR_SW_DROPS = 20;
export const NET_DM_ALERT_MODE_PACKET = 1;
const NET_DM_ATTR_SYMBOL = 3;
const NET_DM_ATTR_IN_PORT = 4;
const NET_DM_ATTR_PROTO = 6;
const NET_DM_ATTR_PAYLOAD = 7;
const NET_DM_ATTR_REASON = 23;
const NET_DM_ATTR_PORT_NETDEV_IFINDEX = 0;

/** A packet that the kernel dropped. */
export interface DropAlert {
  /** Function of the kernel that dropped it, with an offset: `nft_do_chain+0x2a1/0x4f0`. */
  readonly place: string;
  /** Why, where the kernel says it (5.17 and later): `NETFILTER_DROP`, `NO_SOCKET`. */
  readonly reason?: string;
  /** Index of the link that it came in by, in whichever namespace that is. */
  readonly input?: number;
  /** Its EtherType. */
  readonly etherType: number;
  /** Its beginning, from the link's own header on. */
  readonly packet: Uint8Array;
}

/** Decodes a message of the family; undefined when it is no packet's. */
export function decodeAlert(payload: Uint8Array): DropAlert | undefined {
  if (payload[0] !== NET_DM_CMD_PACKET_ALERT) return undefined;
  const attributes = Attributes.parse(payload.subarray(GENL_HDRLEN));
  const packet = attributes.get(NET_DM_ATTR_PAYLOAD)?.payload;
  if (packet === undefined) return undefined;
  const input = attributes.nested(NET_DM_ATTR_IN_PORT)?.u32(NET_DM_ATTR_PORT_NETDEV_IFINDEX);
  return {
    place: attributes.string(NET_DM_ATTR_SYMBOL) ?? "",
    etherType: attributes.u16(NET_DM_ATTR_PROTO) ?? 0,
    packet,
    ...defined({
      reason: attributes.string(NET_DM_ATTR_REASON),
      input: input === 0 ? undefined : input,
    }),
  };
}
