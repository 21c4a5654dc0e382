export { hiddenBy } from "./hidden.ts";
export { type Machine, MachineUnfit, machineForWorlds } from "./machine.ts";
export type { Ended } from "./run.ts";
export { World, type WorldRun } from "./world.ts";
