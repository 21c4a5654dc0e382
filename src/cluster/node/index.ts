export { BootClock, chance } from "../clock/index.ts";
export { notedFacts, noteFacts } from "./facts.ts";
export { type IdentityOptions, nodeId } from "./identity.ts";
export { areDifferent, type Machine, printMachine, readMachine } from "./machine.ts";
