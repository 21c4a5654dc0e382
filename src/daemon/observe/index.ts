export { Log } from "./log.ts";
export { failureOf, Metrics } from "./metrics.ts";
export { Pools } from "./pools.ts";
export { Readiness } from "./readiness.ts";
export { Registry } from "./registry.ts";
export {
  askStatus,
  MetricsPort,
  parseEndpoint,
  StatusSocket,
  type StatusSource,
} from "./status.ts";
