/** Keeps tunnels, routes and neighbours of fleets' networks on this node. */
export type { OverlayEvent, OverlayEventKind } from "./event.ts";
export { OverlayKeeper, type OverlayKeeperOptions } from "./keeper.ts";
export { overlayMtu } from "./mtu.ts";
export {
  deviceName,
  overlayMac,
  ROUTE_PROTOCOL,
} from "./names.ts";
export { type RemoveOptions, removeOverlay } from "./remove.ts";
export { type TunnelEnds, tunnelEnds } from "./tunnel-ends.ts";
export { type StandingTunnel, standingTunnels } from "./tunnels.ts";
export { type Underlay, UnderlayError, underlayOf } from "./underlay.ts";
export type { OverlayKind, Peer, WantedOverlay } from "./wanted.ts";
export { WireguardKey } from "./wireguard-key.ts";
