export type { CallFacts } from "./facts.ts";
export { Output } from "./output.ts";
export {
  type CallJournal,
  type EndedCall,
  type PendingCall,
  type PerformOptions,
  type PerformOutcome,
  perform,
} from "./perform.ts";
export { recordDaemonCalls } from "./record-daemon-call.ts";
export { type CallBounds, CallScheduler } from "./scheduler.ts";
export { serve } from "./serve.ts";
export { type CallSpans, callSpans, type SpanTakers } from "./spans.ts";
export { readStdin } from "./stdin.ts";
