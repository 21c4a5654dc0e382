export { shuffled } from "./order.ts";
export { type RunPlan, runChecks } from "./runner.ts";
