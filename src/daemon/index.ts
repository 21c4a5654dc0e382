/** The node daemon. */
export type { PeriodFilter } from "./attachments/index.ts";
export { runDaemon, tellHistory, tellStatus } from "./daemon.ts";
export type { DaemonFlags, DaemonIo } from "./flags.ts";
