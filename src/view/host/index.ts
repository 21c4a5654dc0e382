/** What the kernel says of the host as the containers' way out: addresses, routes, masquerading. */
export { type DefaultWay, type HostSide, hostSide } from "./host.ts";
export type { StandingInterface } from "./standing.ts";
