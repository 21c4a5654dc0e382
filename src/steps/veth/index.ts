export { randomMac } from "./mac.ts";
export { hostVethName } from "./name.ts";
export { deleteLink, ownHostLinks, setBestEffort, type VethPair, VethStep } from "./step.ts";
