/** The node daemon. */
export { runDaemon, SOCKET_VARIABLE, tellStatus } from "./daemon.ts";
export type { DaemonFlags, DaemonIo } from "./flags.ts";
