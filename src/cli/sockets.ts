import type { Surroundings } from "../api/index.ts";
import type { CliIo } from "./io.ts";

const DAEMON_SOCKET = "/run/hawser/daemon.sock";
const DHCP_SOCKET = "/run/cni/dhcp.sock";

/** Where the daemons of this node listen. */
export function socketsOf({ env }: CliIo): Surroundings["sockets"] {
  return { daemon: env["HAWSER_SOCKET"] || DAEMON_SOCKET, dhcp: DHCP_SOCKET };
}
