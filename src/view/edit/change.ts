import { isDeepStrictEqual } from "node:util";
import { defined } from "../../base/index.ts";
import {
  isObject,
  type JsonObject,
  type JsonValue,
  type NetworkConfig,
  type PluginConfig,
} from "../../spec/index.ts";
import { type Meaning, type Move, meaningOf, type Subject } from "./meaning.ts";

/** A difference between two configurations, and what it means for what stands. */
export interface Change {
  /** The plugin's type; absent where the network as a whole is meant. */
  readonly plugin?: string;
  /** Dots for objects, such as `ipam.subnet`; empty where the plugin as a whole is meant. */
  readonly key: string;
  readonly kind: "changed" | "added" | "removed";
  /** Absent where it was not there. */
  readonly was?: JsonValue;
  /** Absent where it is not there any more. */
  readonly is?: JsonValue;
  /** What it means for the attachment, in a sentence without its full stop. */
  readonly effect: string;
  readonly move: Move;
}

/** Keys of a network that are not its plugins; `cniVersion` and the name stand by themselves. */
const NETWORK_KEYS = ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"] as const;
/** So deep are objects compared key by key; what is deeper is one value. */
const DEPTH = 3;
/** More differences than people read. */
const CHANGES_MAX = 200;

/** How one configuration of a network differs from another, for one of its attachments. */
export function changesOf(then: NetworkConfig, now: NetworkConfig, subject: Subject): Change[] {
  const changes = [...ofNetwork(then, now), ...ofPlugins(then.plugins, now.plugins, subject)];
  return changes.slice(0, CHANGES_MAX);
}

function ofNetwork(then: NetworkConfig, now: NetworkConfig): Change[] {
  const keys = ["name", "cniVersion", ...NETWORK_KEYS] as const;
  const [before, after] = [then, now] as unknown as Readonly<Record<string, JsonValue>>[];
  return keys.flatMap((key) => {
    const [one, other] = [before?.[key], after?.[key]];
    if (isSame(one, other)) return [];
    return [{ key, kind: "changed" as const, ...valuesOf(one, other), ...NETWORK[key] }];
  });
}

const NETWORK: Readonly<Record<"name" | "cniVersion" | (typeof NETWORK_KEYS)[number], Meaning>> = {
  name: {
    effect:
      "it stays attached to the network of the former name, which a GC by this file does not reach",
    move: "reattach",
  },
  cniVersion: { effect: "its own operations stay in the version of its ADD", move: "nothing" },
  disableCheck: { effect: "it counts at once", move: "nothing" },
  disableGC: { effect: "it counts at once", move: "nothing" },
  loadOnlyInlinedPlugins: { effect: "it decides which files are read", move: "nothing" },
};

/** Plugins are paired by their type, in their order: a list may have one twice. */
function ofPlugins(
  then: readonly PluginConfig[],
  now: readonly PluginConfig[],
  subject: Subject,
): Change[] {
  const before = numbered(then);
  const after = numbered(now);
  const gone = [...before].filter(([name]) => !after.has(name));
  const paired = [...after].flatMap(([name, plugin]) => {
    const was = before.get(name);
    return was === undefined ? [added(plugin)] : ofPlugin(was, plugin, subject);
  });
  const moved = orderChange([...before.keys()], [...after.keys()]);
  return [...paired, ...gone.map(([, plugin]) => removed(plugin)), ...moved];
}

function numbered(plugins: readonly PluginConfig[]): Map<string, PluginConfig> {
  const counts = new Map<string, number>();
  return new Map(
    plugins.map((plugin) => {
      const count = (counts.get(plugin.type) ?? 0) + 1;
      counts.set(plugin.type, count);
      return [`${plugin.type} ${count}`, plugin];
    }),
  );
}

function added({ type }: PluginConfig): Change {
  const effect = "it has nothing of what this plugin makes";
  return { plugin: type, key: "", kind: "added", effect, move: "reattach" };
}

function removed({ type }: PluginConfig): Change {
  const effect = "what this plugin made for it stays until its DEL, which still calls it";
  return { plugin: type, key: "", kind: "removed", effect, move: "reattach" };
}

function orderChange(before: readonly string[], after: readonly string[]): Change[] {
  const [was, is] = [
    before.filter((name) => after.includes(name)),
    after.filter((name) => before.includes(name)),
  ];
  if (isDeepStrictEqual(was, is)) return [];
  const effect = "its plugins have worked in the former order";
  return [{ key: "plugins", kind: "changed", effect, move: "reattach" }];
}

function ofPlugin(then: PluginConfig, now: PluginConfig, subject: Subject): Change[] {
  const { type: plugin } = now;
  // Of a file for one plugin alone they are the network's, and stand with it.
  const all = differences(then.json, now.json, "", DEPTH).filter(
    ({ key }) => key !== "name" && key !== "cniVersion",
  );
  return all.map(({ key, was, is }) => {
    const values = valuesOf(was, is);
    return { plugin, key, kind: kindOf(was, is), ...values, ...meaningOf(now, key, subject) };
  });
}

interface Difference {
  readonly key: string;
  readonly was: JsonValue | undefined;
  readonly is: JsonValue | undefined;
}

function differences(then: JsonObject, now: JsonObject, at: string, depth: number): Difference[] {
  const keys = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  return keys.flatMap((name) => {
    const [was, is] = [then[name], now[name]];
    if (isSame(was, is)) return [];
    const key = at === "" ? name : `${at}.${name}`;
    const isDeep = depth > 1 && was !== undefined && is !== undefined;
    if (isDeep && isObject(was) && isObject(is)) return differences(was, is, key, depth - 1);
    return [{ key, was, is }];
  });
}

function kindOf(was: JsonValue | undefined, is: JsonValue | undefined): Change["kind"] {
  if (was === undefined) return "added";
  return is === undefined ? "removed" : "changed";
}

function valuesOf(
  was: JsonValue | undefined,
  is: JsonValue | undefined,
): Pick<Change, "was" | "is"> {
  return defined({ was, is });
}

function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return isDeepStrictEqual(one, other);
}
