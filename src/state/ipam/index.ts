export { givenAddresses } from "./given.ts";
export { inReleaseOrder, ipam } from "./kind.ts";
