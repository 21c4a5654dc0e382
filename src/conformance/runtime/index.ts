export type { RuntimeFacts } from "./adapter.ts";
export { RUNTIME_CHECKS } from "./checks.ts";
export { checkRuntime, type RuntimeRun } from "./conformance.ts";
