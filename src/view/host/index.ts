/** What the kernel says of the host as the containers' way out: addresses, routes, masquerading. */
export { type DefaultWay, type HostSide, type HostWay, hostSide, hostWay } from "./host.ts";
export type { StandingInterface } from "./standing.ts";
