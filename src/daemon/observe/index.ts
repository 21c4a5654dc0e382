export { Log } from "./log.ts";
export { codeOf, Metrics } from "./metrics.ts";
export {
  askStatus,
  MetricsPort,
  parseEndpoint,
  StatusSocket,
  type StatusSource,
} from "./status.ts";
