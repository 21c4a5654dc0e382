/**
 * The one executable. It is what it is called: by a plugin's name that plugin, as `cnitool` cnitool,
 * as `dhcp daemon` that daemon, and by any other name the command line. What is not asked for is not loaded.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { PluginEntry } from "../invoke/index.ts";
import { main } from "../plugin/index.ts";
import { ownExecutor, PLUGINS, RECOVER_VARIABLE, recovering } from "../plugins/registry/index.ts";

/** Modules of a compiled executable lie in a file system inside it. */
const compiled = import.meta.path.startsWith("/$bunfs/");
const program = compiled ? process.execPath : import.meta.path;
const name = basename(process.argv0);
// The dhcp plugin has a long-running part, which the Go plugin starts by this very word.
const isDaemon = name === "dhcp" && process.argv[2] === "daemon";
const plugin = isDaemon ? undefined : await PLUGINS.get(name)?.();

/** What makes and removes attachments. Runtimes ask for STATUS every few seconds, and it notes nothing. */
const NOTED = ["ADD", "DEL"];

/** Where there is a daemon's journal, calls without the daemon are noted in it, too. */
async function noted(type: string, entry: PluginEntry): Promise<PluginEntry> {
  if (!NOTED.includes(process.env["CNI_COMMAND"] ?? "")) return entry;
  const stateDir = process.env["HAWSER_STATE_DIR"] || "/run/hawser";
  if (!existsSync(`${stateDir}/attachments`)) return entry;
  const [{ Journal, recordingExecCall }, { readBootId }] = await Promise.all([
    import("../daemon/attachments/index.ts"),
    import("../state/owner/index.ts"),
  ]);
  return recordingExecCall(type, entry, new Journal(stateDir, readBootId()));
}

if (plugin !== undefined) {
  const recovers = process.env[RECOVER_VARIABLE] === "1";
  const bare = recovers ? recovering(plugin.entry) : plugin.entry;
  const entry = await noted(name, bare);
  await main({ ...plugin, entry }, undefined, { executor: ownExecutor(program) });
} else {
  const { runProcess } = await import("./process.ts");
  await runProcess({ name, program, compiled, env: process.env });
}
