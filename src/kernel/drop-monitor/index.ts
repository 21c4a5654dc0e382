export type { DropAlert } from "./alert.ts";
export { DropMonitor, NoDropMonitor } from "./monitor.ts";
