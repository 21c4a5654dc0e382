/** The daemon's part in fleets: it is loaded when a network of this node takes its addresses from one. */
export { FleetGate, type FleetGateOptions } from "./gate.ts";
