/** Keeps tunnels, routes and neighbours of fleets' networks on this node. */
export type { OverlayKind, Peer, WantedOverlay } from "./wanted.ts";
