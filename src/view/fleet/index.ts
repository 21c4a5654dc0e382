export { type Holdings, hasReservations, holdingsOf } from "./holdings.ts";
export { type FleetNetwork, type FoundNetworks, fleetNetworks } from "./networks.ts";
export { type FleetSide, fleetSide } from "./side.ts";
