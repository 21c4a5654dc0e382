import type { PluginEntry, PluginIo } from "../../invoke/index.ts";
import type { Journal } from "../../journal/index.ts";
import { RECOVER_VARIABLE } from "../../plugins/registry/index.ts";
import { ENV, JsonDocument } from "../../spec/index.ts";
import { isNested, NESTED_VARIABLE } from "../environment.ts";
import { addressesIn, addressesOf } from "./addresses.ts";
import { configOf, networkOf } from "./config.ts";
import { entryOf } from "./entry-of-call.ts";
import { validityIn } from "./validity.ts";

/**
 * A plugin that this process runs without the daemon, with the notes that the daemon would write.
 * Without them the daemon would not know of an attachment, or would remove one that was made again.
 */
export function recordingExecCall(
  plugin: string,
  entry: PluginEntry,
  journal: Journal,
): PluginEntry {
  return async (io) => {
    const operation = io.env[ENV.COMMAND] ?? "";
    // What a nested call makes is removed by the call that started it.
    if (isNested(io.env)) return await entry(io);
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
    let isBegun = false;
    if (operation === "ADD") {
      await attempt(() => {
        journal.create();
        // The daemon that died had noted this same ADD.
        if (io.env[RECOVER_VARIABLE] === "1") journal.deleted(call, plugin);
        const noted = entryOf(call);
        if (noted === undefined) return;
        journal.added(noted);
        isBegun = true;
      });
    }
    const env = { ...io.env, [NESTED_VARIABLE]: "1" };
    const { io: heard, addresses } = hearing({ ...io, env, stdin: () => stdin });
    const exitCode = await entry(heard);
    await attempt(async () => {
      if (operation === "GC") {
        const isValid = validityIn(configOf(stdin));
        if (exitCode === 0) await journal.collected(call.network, plugin, isValid);
      } else if ((operation === "DEL") === (exitCode === 0)) {
        if (isBegun || operation === "DEL") journal.deleted(call, plugin);
      } else if (isBegun) {
        journal.attached(call, plugin, addresses());
      }
    });
    return exitCode;
  };
}

/** Passes an answer on, and gives the addresses in it. */
function hearing(io: PluginIo): { readonly io: PluginIo; readonly addresses: () => string[] } {
  let text = "";
  let given: unknown;
  const stdout: PluginIo["stdout"] = (part) => {
    text += part;
    io.stdout(part);
  };
  const result: PluginIo["result"] = (value) => {
    given = value;
    io.result?.(value);
  };
  return {
    io: { ...io, stdout, ...(io.result === undefined ? {} : { result }) },
    addresses: () => (given === undefined ? addressesIn(text) : addressesOf(given)),
  };
}

/** A note that cannot be written is no reason to fail a call. */
async function attempt(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch {
    // The attachment is then left to the runtime's DEL and GC.
  }
}
