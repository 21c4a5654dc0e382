import { type AttributeTable, attributes, truth, u8 } from "../../../netlink/index.ts";

// linux/if_link.h
const IFLA_BRPORT_STATE = 1;
const IFLA_BRPORT_MODE = 4;
const IFLA_BRPORT_LEARNING = 8;
const IFLA_BRPORT_UNICAST_FLOOD = 9;
const IFLA_BRPORT_ISOLATED = 33;

/** Settings of a port of a bridge. Absent ones are left as they are. */
export interface BridgePort {
  /** Send frames back out of the port they came in by. */
  readonly hairpin?: boolean | undefined;
  /** Ports that are isolated do not reach each other. */
  readonly isolated?: boolean | undefined;
  readonly learning?: boolean | undefined;
  readonly flood?: boolean | undefined;
  /** BR_STATE_DISABLED 0, LISTENING 1, LEARNING 2, FORWARDING 3, BLOCKING 4. */
  readonly state?: number | undefined;
}

/** A port as the kernel reports it. */
export interface BridgePortState extends BridgePort {
  readonly hairpin: boolean;
  readonly isolated: boolean;
  readonly state: number;
}

export const bridgePortTable: AttributeTable<BridgePort> = attributes<BridgePort>({
  hairpin: truth(u8(IFLA_BRPORT_MODE)),
  isolated: truth(u8(IFLA_BRPORT_ISOLATED)),
  learning: truth(u8(IFLA_BRPORT_LEARNING)),
  flood: truth(u8(IFLA_BRPORT_UNICAST_FLOOD)),
  state: u8(IFLA_BRPORT_STATE),
});

/** What an old kernel does not tell is off. */
export function decodeBridgePort(payload: Uint8Array): BridgePortState {
  const off = { hairpin: false, isolated: false, learning: false, flood: false, state: 0 };
  return bridgePortTable.decode(payload, off);
}
