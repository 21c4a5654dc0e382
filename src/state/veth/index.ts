export { type VethPair, vethPair } from "./kind.ts";
export { randomMac } from "./mac.ts";
export { ownHostLinks } from "./removal.ts";
