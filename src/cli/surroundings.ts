import { daemonAt } from "../api/door/index.ts";
import type { Surroundings } from "../api/index.ts";
import { placesFor } from "./node.ts";
import type { Session } from "./session.ts";
import { VERSION } from "./version.ts";

const DAEMON_SOCKET = "/run/hawser/daemon.sock";
const DHCP_SOCKET = "/run/cni/dhcp.sock";

/** What the API of a command stands in. */
export function surroundingsOf(session: Session, by: Surroundings["by"]): Surroundings {
  const { io, dirs } = session;
  const sockets = { daemon: io.env["HAWSER_SOCKET"] || DAEMON_SOCKET, dhcp: DHCP_SOCKET };
  return {
    ...{ env: io.env, places: placesFor(session), version: VERSION, by, sockets },
    isRoot: io.isRoot !== false,
    daemon: async () => await daemonAt(sockets.daemon),
    pluginDirs: dirs,
    runtime: () => session.runtime(),
  };
}
