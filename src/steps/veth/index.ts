export { collectVeths } from "./gc.ts";
export { randomMac } from "./mac.ts";
export { ownHostLinks, setBestEffort, type VethPair, VethStep } from "./step.ts";
