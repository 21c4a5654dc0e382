import type { Attributes } from "../../../netlink/index.ts";

// linux/if_link.h
export const IFLA_TUN_OWNER = 1;
export const IFLA_TUN_GROUP = 2;
export const IFLA_TUN_TYPE = 3;
export const IFLA_TUN_PI = 4;
export const IFLA_TUN_VNET_HDR = 5;
export const IFLA_TUN_PERSIST = 6;
export const IFLA_TUN_MULTI_QUEUE = 7;

// linux/if_tun.h
const IFF_TUN = 1;
const IFF_TAP = 2;

/** A tun or tap link as the kernel tells it; netlink makes none (that takes an ioctl). */
export interface TunInfo {
  /** `tap` carries Ethernet frames, `tun` IP packets. */
  readonly mode?: "tun" | "tap" | undefined;
  /** User who may attach to it; absent when nobody was named. */
  readonly owner?: number | undefined;
  /** Group whose members may attach to it. */
  readonly group?: number | undefined;
  /** Four bytes of flags and protocol before each packet. */
  readonly packetInfo: boolean;
  /** A struct virtio_net_hdr before each packet. */
  readonly vnetHeader: boolean;
  /** It stays when nobody is attached. */
  readonly persistent: boolean;
  readonly multiQueue: boolean;
}

export function decodeTun(data: Attributes): TunInfo {
  return {
    mode: modeOf(data.u8(IFLA_TUN_TYPE)),
    owner: data.u32(IFLA_TUN_OWNER),
    group: data.u32(IFLA_TUN_GROUP),
    packetInfo: data.u8(IFLA_TUN_PI) === 1,
    vnetHeader: data.u8(IFLA_TUN_VNET_HDR) === 1,
    persistent: data.u8(IFLA_TUN_PERSIST) === 1,
    multiQueue: data.u8(IFLA_TUN_MULTI_QUEUE) === 1,
  };
}

function modeOf(type: number | undefined): TunInfo["mode"] {
  if (type === IFF_TAP) return "tap";
  return type === IFF_TUN ? "tun" : undefined;
}
