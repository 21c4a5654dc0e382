export { codeOf, Metrics, type Sources } from "./metrics.ts";
