/** Calls of plugins as spans: their steps, and the calls that they make of other plugins. */
export { callerOf } from "./caller.ts";
export type { Caller, CallTaker, Door, EndedCall } from "./ended.ts";
export { Observation, type ObservedCall, observed } from "./entry.ts";
export { SpanExecutor, type SpanKeeper } from "./executor.ts";
export { type Callee, CallSpan, type Outcome, type TimedStep } from "./span.ts";
export { contextOf, partOf, type SpanContext } from "./trace-context.ts";
