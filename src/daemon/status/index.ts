export { askStatus, type StatusAnswer } from "./ask.ts";
export { notify } from "./notify.ts";
export { type StatusSource, serveMetrics, serveStatus } from "./serve.ts";
