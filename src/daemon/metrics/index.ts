export { codeOf, Metrics, type Sources } from "./metrics.ts";
export { Registry } from "./registry.ts";
