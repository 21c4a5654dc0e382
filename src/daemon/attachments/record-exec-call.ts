import type { PluginEntry } from "../../invoke/index.ts";
import { RECOVER_VARIABLE } from "../../plugins/registry/index.ts";
import { ENV, JsonDocument } from "../../spec/index.ts";
import { isNested, NESTED_VARIABLE } from "../environment.ts";
import { configOf, networkOf } from "./config.ts";
import { entryOf } from "./entry-of-call.ts";
import type { Journal } from "./journal.ts";

/**
 * A plugin that an executable runs in the daemon's place, with the notes that the daemon would write.
 * Without them the daemon would remove an attachment that was made again meanwhile.
 */
export function recordingExecCall(
  plugin: string,
  entry: PluginEntry,
  journal: Journal,
): PluginEntry {
  return async (io) => {
    const operation = io.env[ENV.COMMAND] ?? "";
    // What a nested call makes is removed by the call that started it.
    if (isNested(io.env) || (operation !== "ADD" && operation !== "DEL")) return await entry(io);
    const stdin = JsonDocument.from(await io.stdin());
    const call = {
      plugin,
      network: networkOf(configOf(stdin)),
      containerId: io.env[ENV.CONTAINERID] ?? "",
      ifName: io.env[ENV.IFNAME] ?? "",
      env: io.env,
      cwd: process.cwd(),
      stdin: stdin.text,
      netnsPath: io.env[ENV.NETNS] ?? "",
    };
    // A failed ADD that was not noted removes no note: the present one is of an earlier ADD.
    let isNoted = operation === "DEL";
    if (operation === "ADD") {
      attempt(() => {
        // The daemon that died had noted this same ADD.
        if (io.env[RECOVER_VARIABLE] === "1") journal.deleted(call, plugin);
        const noted = entryOf(call);
        if (noted === undefined) return;
        journal.added(noted);
        isNoted = true;
      });
    }
    const env = { ...io.env, [NESTED_VARIABLE]: "1" };
    const exitCode = await entry({ ...io, env, stdin: () => stdin });
    const isGone = (operation === "DEL") === (exitCode === 0);
    if (isGone && isNoted) attempt(() => journal.deleted(call, plugin));
    return exitCode;
  };
}

/** A note that cannot be written is no reason to fail a call. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The attachment is then left to the runtime's DEL and GC.
  }
}
