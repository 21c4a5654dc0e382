export type { CallFacts } from "./facts.ts";
export { Output } from "./output.ts";
export { type EndedCall, type ServeOptions, serve } from "./serve.ts";
