/**
 * The one executable. It is what it is called: by a plugin's name that plugin, as `cnitool` cnitool,
 * as `dhcp daemon` that daemon, and by any other name the command line. What is not asked for is not loaded.
 */
import { basename } from "node:path";
import { main } from "../plugin/index.ts";
import { ownExecutor, PLUGINS, RECOVER_VARIABLE, recovering } from "../plugins/registry/index.ts";

/** Modules of a compiled executable lie in a file system inside it. */
const compiled = import.meta.path.startsWith("/$bunfs/");
const program = compiled ? process.execPath : import.meta.path;
const name = basename(process.argv0);
// The dhcp plugin has a long-running part, which the Go plugin starts by this very word.
const isDaemon = name === "dhcp" && process.argv[2] === "daemon";
const plugin = isDaemon ? undefined : await PLUGINS.get(name)?.();

if (plugin !== undefined) {
  const recovers = process.env[RECOVER_VARIABLE] === "1";
  const bare = recovers ? recovering(plugin.entry) : plugin.entry;
  const [{ recorded }, { observedEntry, sendSpans }] = await Promise.all([
    import("./recorded.ts"),
    import("./observed.ts"),
  ]);
  const noted = recorded(name, bare, { env: process.env, by: name });
  const entry = observedEntry(name, noted, process.env);
  await main({ ...plugin, entry }, undefined, {
    executor: ownExecutor(program),
    afterAnswer: sendSpans,
  });
} else {
  const { runProcess } = await import("./process.ts");
  await runProcess({ name, program, compiled, env: process.env });
}
