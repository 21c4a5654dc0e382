export type { CallFacts } from "./facts.ts";
export { Output } from "./output.ts";
export {
  type CallAnswer,
  type CallJournal,
  type EndedCall,
  type PendingCall,
  type PerformOptions,
  perform,
} from "./perform.ts";
export { serve } from "./serve.ts";
export { readStdin, type Stdin } from "./stdin.ts";
