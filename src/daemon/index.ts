/** The node daemon. */
export { runDaemon, tellStatus } from "./daemon.ts";
export type { DaemonFlags, DaemonIo } from "./flags.ts";
