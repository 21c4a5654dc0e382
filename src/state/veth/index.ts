export { type VethPair, vethPair } from "./kind.ts";
export { randomMac } from "./mac.ts";
export { goingHostLinks, ownHostLinks } from "./removal.ts";
