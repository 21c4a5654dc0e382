import type { PluginCall } from "../../../src/invoke/index.ts";
import { findPlugin } from "../../../src/invoke/index.ts";
import {
  isObject,
  JsonDocument,
  type JsonObject,
  type JsonValue,
  type PluginConfig,
} from "../../../src/spec/index.ts";
import type { About, Fault, RuntimeMutant } from "./fault.ts";
import { runtimeMutants } from "./make.ts";

/** Faults of which plugins are called, and in which order. */

/** The plugin of a position is called where another one's turn is. */
function turn(operations: string, position: (index: number, count: number) => number): Fault {
  return {
    call: async (call, run, about) => {
      if (!operations.split(" ").includes(about.operation)) return await run(call);
      const { plugins } = about.list;
      // DEL begins at the end.
      const plugin = plugins[position(about.index, plugins.length)];
      return await run(plugin === undefined ? call : inPlace(call, plugin, about));
    },
  };
}

/** The same call of another plugin of the list. */
function inPlace(call: PluginCall, plugin: PluginConfig, { task }: About): PluginCall {
  const { value } = JsonDocument.from(call.stdin);
  const request: JsonObject = isObject(value) ? value : {};
  const kept = ["cniVersion", "name", "prevResult", "cni.dev/valid-attachments"];
  const stdin: Record<string, JsonValue> = {};
  for (const [key, own] of Object.entries(plugin.json))
    if (key !== "capabilities") stdin[key] = own;
  for (const key of kept) if (request[key] !== undefined) stdin[key] = request[key];
  const path = findPlugin(plugin.type, task.pluginDirs);
  return { ...call, type: plugin.type, path, stdin: JsonDocument.ofValue(stdin) };
}

/** Some calls are left out, as if they had succeeded. */
function skipping(isLeftOut: (about: About) => boolean): Fault {
  return {
    call: async (call, run, about) => {
      if (!isLeftOut(about)) return await run(call);
      const prevResult = about.before.at(-1)?.["prevResult"] ?? null;
      const stdout = about.operation === "ADD" ? JsonDocument.ofValue(prevResult).text : "";
      return { stdout, stderr: "", exitCode: 0, signal: null, ms: 0 };
    },
  };
}

export const order: readonly RuntimeMutant[] = runtimeMutants({
  "del-in-the-order-of-add": ["DEL runs from the front", turn("DEL", (index) => index)],
  "add-from-the-back": ["ADD runs from the back", turn("ADD", (index, count) => count - 1 - index)],
  "check-from-the-back": [
    "CHECK runs from the back",
    turn("CHECK", (index, count) => count - 1 - index),
  ],
  "gc-from-the-back": ["GC runs from the back", turn("GC", (index, count) => count - 1 - index)],
  "del-of-the-last-only": [
    "DEL runs for the last plugin only",
    skipping(({ operation, index }) => operation === "DEL" && index > 0),
  ],
  "add-of-the-first-only": [
    "ADD runs for the first plugin only",
    skipping(({ operation, index }) => operation === "ADD" && index > 0),
  ],
  "check-of-the-first-only": [
    "CHECK runs for the first plugin only",
    skipping(({ operation, index }) => operation === "CHECK" && index > 0),
  ],
  "gc-of-the-first-only": [
    "GC runs for the first plugin only",
    skipping(({ operation, index }) => operation === "GC" && index > 0),
  ],
  "status-of-the-first-only": [
    "STATUS runs for the first plugin only",
    skipping(({ operation, index }) => operation === "STATUS" && index > 0),
  ],
  "status-not-called": [
    "STATUS calls no plugin",
    skipping(({ operation }) => operation === "STATUS"),
  ],
  "check-not-called": ["CHECK calls no plugin", skipping(({ operation }) => operation === "CHECK")],
  "gc-not-called": ["GC calls no plugin with GC", skipping(({ operation }) => operation === "GC")],
  "called-twice": [
    "each plugin is called twice in ADD",
    {
      call: async (call, run, { operation }) => {
        if (operation === "ADD") await run(call);
        return await run(call);
      },
    },
  ],
});
