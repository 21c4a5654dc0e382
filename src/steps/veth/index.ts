export { randomMac } from "./mac.ts";
export { deleteLink, ownHostLinks, setBestEffort, type VethPair, VethStep } from "./step.ts";
