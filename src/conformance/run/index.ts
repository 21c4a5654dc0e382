export { type RunPlan, runChecks } from "./runner.ts";
