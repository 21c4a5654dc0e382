/** Keeps tunnels, routes and neighbours of fleets' networks on this node. */
export { overlayMtu } from "./mtu.ts";
export {
  deviceMark,
  deviceName,
  OVERLAY_PORTS,
  overlayMac,
  VNI_MAX,
  vniOf,
} from "./names.ts";
export { type Underlay, UnderlayError, underlayOf } from "./underlay.ts";
export type { OverlayKind, Peer, WantedOverlay } from "./wanted.ts";
export { WireguardKey } from "./wireguard-key.ts";
