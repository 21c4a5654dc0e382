import { DaemonAt } from "../api/door/index.ts";
import type { Surroundings } from "../api/index.ts";
import { ownExecutor } from "../plugins/registry/index.ts";
import { placesFor } from "./node.ts";
import type { Session } from "./session.ts";
import { socketsOf } from "./sockets.ts";
import { VERSION } from "./version.ts";

/** Where the API stands when a command asks it. */
export function surroundingsOf(session: Session, by: Surroundings["by"]): Surroundings {
  const { io, dirs } = session;
  const sockets = socketsOf(io);
  return {
    ...{ env: io.env, places: placesFor(session), version: VERSION, by, sockets },
    isRoot: io.isRoot !== false,
    daemon: new DaemonAt(sockets.daemon),
    pluginDirs: dirs,
    // What the page asks is none of the calls that it shows.
    runtime: () => session.runtime({ executor: ownExecutor(io.program) }),
  };
}
