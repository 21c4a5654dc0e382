import type { FakeNetns } from "./netns.ts";

/** A link in memory. */
export class FakeLink {
  index = 0;
  netns: FakeNetns | undefined;
  name: string;
  readonly kind: string | undefined;
  flags: number;
  mtu: number;
  address: Uint8Array;
  alias = "";
  txqlen = 1000;
  group = 0;
  master: FakeLink | undefined;
  /** The other end of a veth pair, or the link that this one stands on. */
  peer: FakeLink | undefined;
  readonly altNames = new Set<string>();
  /** Attributes of IFLA_INFO_DATA, by number. */
  readonly data = new Map<number, Uint8Array>();
  /** Settings of a port of a bridge, by number. */
  readonly port = new Map<number, Uint8Array>();

  /** VLANs of a bridge or its port: flags of struct bridge_vlan_info by their number. */
  readonly vlans = new Map<number, number>();

  constructor(name: string, kind: string | undefined) {
    this.name = name;
    this.kind = kind;
    this.flags = kind === undefined ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;
    this.mtu = kind === undefined ? 65_536 : 1500;
    this.address = kind === undefined ? new Uint8Array(6) : randomAddress();
  }

  get isUp(): boolean {
    return (this.flags & IFF_UP) !== 0;
  }

  /** Whether its frames get somewhere: a veth needs both ends up. */
  get isRunning(): boolean {
    if (!this.isUp) return false;
    return this.kind === "veth" ? this.peer?.isUp === true : true;
  }
}

// linux/if.h
export const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
const IFF_LOOPBACK = 0x8;
export const IFF_RUNNING = 0x40;
export const IFF_PROMISC = 0x100;
const IFF_MULTICAST = 0x1000;
export const IFF_LOWER_UP = 0x10000;

function randomAddress(): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  bytes[0] = ((bytes[0] ?? 0) | 2) & ~1;
  return bytes;
}
