import { existsSync } from "node:fs";
import type { Env } from "../base/index.ts";
import type { Executor, PluginEntry, PluginIo } from "../invoke/index.ts";
import { ownExecutor } from "../plugins/registry/index.ts";
import { observedExecutor } from "./observed.ts";

/** The operations after which the daemon has to know more, or less. Others cost nothing more here. */
const NOTED: readonly string[] = ["ADD", "DEL", "GC"];

/**
 * A plugin that this process runs itself, with the notes by which the node daemon knows of
 * attachments that it has not made. They are made where a daemon has run since the boot, and where an
 * entry program found none: one will.
 * @param recording what the notes say of this process
 */
export function recorded(type: string, entry: PluginEntry, { env, by }: Recording): PluginEntry {
  return async (io: PluginIo) => {
    if (!NOTED.includes(io.env["CNI_COMMAND"] ?? "")) return await entry(io);
    const isForDaemon = (env["HAWSER_STARTS"] ?? "") !== "";
    const stateDir = env["HAWSER_STATE_DIR"] || "/run/hawser";
    if (!isForDaemon && !existsSync(`${stateDir}/attachments`)) return await entry(io);
    const [{ Journal }, { recordingExecCall }, { readBootId }] = await Promise.all([
      import("../journal/index.ts"),
      import("../daemon/attachments/index.ts"),
      import("../state/owner/index.ts"),
    ]);
    const journal = new Journal(stateDir, readBootId(), by);
    return await recordingExecCall(type, entry, journal)(io);
  };
}

export interface Recording {
  readonly env: Env;
  readonly by: string;
}

/** As `ownExecutor`, with notes, and observed where calls are recorded. */
export function recordingExecutor(program: string, recording: Recording): Executor {
  const noted = ownExecutor(program, undefined, (type, entry) => recorded(type, entry, recording));
  return observedExecutor(noted, { program, ...recording });
}
