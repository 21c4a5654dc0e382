import { type AttributeTable, attributes, named, truth, u8, u32 } from "../../../netlink/index.ts";

// linux/if_link.h
const IFLA_TUN_OWNER = 1;
const IFLA_TUN_GROUP = 2;
const IFLA_TUN_TYPE = 3;
const IFLA_TUN_PI = 4;
const IFLA_TUN_VNET_HDR = 5;
const IFLA_TUN_PERSIST = 6;
const IFLA_TUN_MULTI_QUEUE = 7;

// linux/if_tun.h: IFF_TUN and IFF_TAP.
const MODES = { tun: 1, tap: 2 } as const;

/** A tun or tap link as the kernel reports it; netlink makes none (that takes an ioctl). */
export interface TunInfo {
  /** `tap` carries Ethernet frames, `tun` IP packets. */
  readonly mode?: "tun" | "tap" | undefined;
  /** User that may attach to it; absent when none was named. */
  readonly owner?: number | undefined;
  /** Group whose members may attach to it. */
  readonly group?: number | undefined;
  /** Four bytes of flags and protocol before each packet. */
  readonly packetInfo: boolean;
  /** A struct virtio_net_hdr before each packet. */
  readonly vnetHeader: boolean;
  /** It stays when no program is attached. */
  readonly persistent: boolean;
  readonly multiQueue: boolean;
}

export const tunTable: AttributeTable<TunInfo> = attributes<TunInfo>({
  mode: named(u8(IFLA_TUN_TYPE), MODES),
  owner: u32(IFLA_TUN_OWNER),
  group: u32(IFLA_TUN_GROUP),
  packetInfo: truth(u8(IFLA_TUN_PI)),
  vnetHeader: truth(u8(IFLA_TUN_VNET_HDR)),
  persistent: truth(u8(IFLA_TUN_PERSIST)),
  multiQueue: truth(u8(IFLA_TUN_MULTI_QUEUE)),
});
