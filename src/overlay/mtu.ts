import type { Family } from "../addr/index.ts";
import type { OverlayKind } from "./wanted.ts";

/** Headers of the network between the nodes. */
const IP_HEADER = { 4: 20, 6: 40 } as const;
/** UDP 8, VXLAN 8, Ethernet 14. */
const VXLAN = 30;
/** UDP 8, WireGuard's header 16, its tag 16. */
const WIREGUARD = 40;

/**
 * The largest packet that containers may send through an overlay, in bytes.
 * @param underlayMtu of the link between the nodes
 * @param family of the addresses at which the tunnels end
 */
export function overlayMtu(kind: OverlayKind, underlayMtu: number, family: Family): number {
  if (kind === "vxlan") return underlayMtu - IP_HEADER[family] - VXLAN;
  if (kind === "wireguard") return underlayMtu - IP_HEADER[family] - WIREGUARD;
  return underlayMtu;
}
