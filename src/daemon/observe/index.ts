export { Log } from "./log.ts";
export { codeOf, Metrics } from "./metrics.ts";
export { askStatus, type StatusSource, serveMetrics, serveStatus } from "./status.ts";
