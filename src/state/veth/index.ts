export { collectVeths } from "./gc.ts";
export { randomMac } from "./mac.ts";
export { ownHostLinks, VethRemoval } from "./removal.ts";
export { setBestEffort, type VethPair, VethStep } from "./step.ts";
