/** Finding plugins, running them, and reading their answers. */
export { runForResult, runPlugin } from "./answer.ts";
export { type DelegateOptions, Delegation } from "./delegate.ts";
export { buildEnv, type Parameters, type TraceContext } from "./environment.ts";
export type {
  DaemonServices,
  Executor,
  PluginAnswer,
  PluginCall,
  PluginTraits,
  StepReport,
} from "./executor.ts";
export { type FailureFacts, PluginFailure } from "./failure.ts";
export { findPlugin, splitPath } from "./find.ts";
export {
  InProcessExecutor,
  type InProcessOptions,
  type PluginEntry,
  type PluginIo,
} from "./in-process.ts";
export { ProcessExecutor, type ProcessOptions } from "./process.ts";
export { getVersionInfo, type VersionInfo, type VersionRequest } from "./version.ts";
