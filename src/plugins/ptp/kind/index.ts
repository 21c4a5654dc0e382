export { type HostEnd, HostEndStep, type Reachable } from "./host-end.ts";
