/** The kit for plugin authors. Runs on Node 20 and later and on Bun. */
export type {
  DaemonServices,
  PluginEntry,
  PluginIo,
  PluginTraits,
  StepReport,
} from "../invoke/index.ts";
export {
  type Attachment,
  addressesOf,
  argsFrom,
  type Bandwidth,
  type Capabilities,
  type CniArgs,
  CniError,
  containerInterface,
  type Dns,
  type DnsCapability,
  type Environment,
  ErrorCode,
  type Interface,
  type IpConfig,
  type IpRange,
  invalidConfig,
  type JsonObject,
  type JsonValue,
  KUBERNETES_ARGS,
  type PortMapping,
  type Result,
  type Route,
  type ValidAttachment,
} from "../spec/index.ts";
export { cniArgs, type LoadArgsOptions, loadArgs, runtimeConfig } from "./args.ts";
export { askPlan, type PlanQuestion } from "./ask-plan.ts";
export { bugStack } from "./bug.ts";
export { capabilities } from "./capabilities.ts";
export { attachmentOf, type Context, requirePrevResult, type StepNote } from "./context.ts";
export { decode, type Mistake, mistakesOf } from "./decode.ts";
export { definePlugin } from "./definition.ts";
export type { Delegate } from "./delegate.ts";
export type { DelegateChanges } from "./delegate-request.ts";
export type { DelegatePart, Delegates } from "./delegates.ts";
export { pluginError } from "./errors.ts";
export type { Locked, LockOptions, LockScope } from "./lock.ts";
export { type MainOptions, type ModuleMeta, main } from "./main.ts";
export {
  PLAN_OPERATION_VARIABLE,
  PLAN_VARIABLE,
  type Plan,
  type PlanStep,
  type Standing,
} from "./plan.ts";
export type {
  AddAnswer,
  PlanLine,
  Plugin,
  PluginDefinition,
  Repair,
  RepairOptions,
} from "./plugin.ts";
export { REPAIR_VARIABLE, type RepairMode } from "./repair.ts";
export { type Rule, rule, type Says, says } from "./rule.ts";
export { type Trial, type TrialOutcome, tryPlugin } from "./try.ts";
