import type { Attributes, AttributeWriter } from "../../../netlink/index.ts";

// linux/if_link.h
export const IFLA_BRPORT_STATE = 1;
export const IFLA_BRPORT_MODE = 4;
export const IFLA_BRPORT_LEARNING = 8;
export const IFLA_BRPORT_UNICAST_FLOOD = 9;
export const IFLA_BRPORT_ISOLATED = 33;

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

export function encodeBridgePort(writer: AttributeWriter, port: BridgePort): void {
  if (port.hairpin !== undefined) {
    writer.u8(IFLA_BRPORT_MODE, port.hairpin ? 1 : 0);
  }
  if (port.isolated !== undefined) {
    writer.u8(IFLA_BRPORT_ISOLATED, port.isolated ? 1 : 0);
  }
  if (port.learning !== undefined) {
    writer.u8(IFLA_BRPORT_LEARNING, port.learning ? 1 : 0);
  }
  if (port.flood !== undefined) {
    writer.u8(IFLA_BRPORT_UNICAST_FLOOD, port.flood ? 1 : 0);
  }
  if (port.state !== undefined) {
    writer.u8(IFLA_BRPORT_STATE, port.state);
  }
}

/** A port as the kernel tells it. */
export interface BridgePortState extends BridgePort {
  readonly hairpin: boolean;
  readonly isolated: boolean;
  readonly state: number;
}

export function decodeBridgePort(data: Attributes): BridgePortState {
  return {
    hairpin: (data.u8(IFLA_BRPORT_MODE) ?? 0) !== 0,
    isolated: (data.u8(IFLA_BRPORT_ISOLATED) ?? 0) !== 0,
    learning: (data.u8(IFLA_BRPORT_LEARNING) ?? 0) !== 0,
    flood: (data.u8(IFLA_BRPORT_UNICAST_FLOOD) ?? 0) !== 0,
    state: data.u8(IFLA_BRPORT_STATE) ?? 0,
  };
}
