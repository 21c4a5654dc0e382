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
export {
  judgeKnown,
  KnownError,
  type KnownList,
  knownOf,
  printKnown,
  readKnown,
} from "./known/index.ts";
export { checkPlugin, PLUGIN_CHECKS, type PluginRun } from "./plugin/index.ts";
export {
  exitCodeOf,
  isCounted,
  type Judgement,
  type Judging,
  jsonList,
  jsonReport,
  judge,
  junitReport,
  type Listed,
  nameParts,
  type Paint,
  summaryLine,
  tapReport,
  textList,
  textReport,
} from "./report/index.ts";
export { RULES, type Rule, ruleOf } from "./rules/index.ts";
export { isOfProfile, type SuiteRun } from "./run/index.ts";
export { checkRuntime, RUNTIME_CHECKS, type RuntimeRun } from "./runtime/index.ts";
export {
  CONVENTIONAL,
  readSubject,
  type Subject,
  SubjectError,
  type SubjectFile,
} from "./subject/index.ts";
export { hiddenBy, type Machine, MachineUnfit, machineForWorlds } from "./world/index.ts";
