import type { PluginEntry } from "../../invoke/index.ts";
import { JsonDocument } from "../../spec/index.ts";
import { configOf, networkOf } from "./config.ts";
import type { Journal } from "./journal.ts";
import { entryOf } from "./note.ts";

/**
 * A plugin that does a call in the daemon's place and notes it as the daemon would: the daemon would
 * else take a container's next life for one that nobody took away.
 */
export function noting(plugin: string, entry: PluginEntry, journal: Journal): PluginEntry {
  return async (io) => {
    const command = io.env["CNI_COMMAND"] ?? "";
    // A call that another call's plugin has started is that one's to take away.
    const isNested = (io.env["HAWSER_NESTED"] ?? "") !== "";
    if (isNested || (command !== "ADD" && command !== "DEL")) return await entry(io);
    const stdin = JsonDocument.from(await io.stdin());
    const call = {
      plugin,
      network: networkOf(configOf(stdin)),
      containerId: io.env["CNI_CONTAINERID"] ?? "",
      ifName: io.env["CNI_IFNAME"] ?? "",
      ...{
        env: io.env,
        cwd: process.cwd(),
        stdin: stdin.text,
        netnsPath: io.env["CNI_NETNS"] ?? "",
      },
    };
    // An ADD that was not noted has nothing to forget: what stands there is of one before it.
    let isNoted = command === "DEL";
    if (command === "ADD") {
      attempt(() => {
        // The dead daemon has noted what it began, and this is the same ADD.
        if (io.env["HAWSER_RECOVER"] === "1") journal.deleted(call, plugin);
        const noted = entryOf(call);
        if (noted === undefined) return;
        journal.added(noted);
        isNoted = true;
      });
    }
    // What its plugin asks others for is taken away with it.
    const env = { ...io.env, HAWSER_NESTED: "1" };
    const exitCode = await entry({ ...io, env, stdin: () => stdin });
    const isGone = (command === "DEL") === (exitCode === 0);
    if (isGone && isNoted) attempt(() => journal.deleted(call, plugin));
    return exitCode;
  };
}

/** The journal serves containers that nobody takes away: it is no reason to fail a call. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // It is written or it is not.
  }
}
