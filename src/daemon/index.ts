/** The node daemon. */
export type { PeriodFilter } from "../journal/index.ts";
export { runDaemon, tellHistory, tellStatus } from "./daemon.ts";
export type { DaemonFlags, DaemonIo } from "./flags.ts";
