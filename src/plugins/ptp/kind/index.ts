export { hostEnd, type Reachable } from "./host-end.ts";
