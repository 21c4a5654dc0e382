export type {
  Check,
  CheckLevel,
  Exchange,
  Outcome,
  Profile,
  Report,
  RuleId,
  SubjectSummary,
  Verdict,
} from "./check.ts";
export { checkPlugin, PLUGIN_CHECKS, type PluginRun } from "./plugin/index.ts";
export { checkRuntime, RUNTIME_CHECKS, type RuntimeRun } from "./runtime/index.ts";
export { readSubject, type Subject, SubjectError, type SubjectFile } from "./subject/index.ts";
export { type Machine, MachineUnfit, machineForWorlds } from "./world/index.ts";
