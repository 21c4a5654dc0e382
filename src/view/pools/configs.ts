import { isAbsolute } from "node:path";
import { type CachedAttachment, networkFromText } from "../../runtime/index.ts";
import { field, isObject, type JsonObject, type JsonValue, printJson } from "../../spec/index.ts";
import type { NodeView } from "../attachments/index.ts";
import { reservingPlugin } from "./place.ts";

/** A plugin's configuration that has ranges of host-local, or of a fleet. */
export interface RangeConfig {
  readonly network: string;
  /** As the plugin would be called with it. */
  readonly config: JsonObject;
  /** Absent for one that only an earlier ADD had. */
  readonly file?: string;
}

/**
 * The configurations of all networks that hand out addresses by host-local or cluster: those of files, and those
 * by which something is attached, which a file may have left since.
 */
export function rangeConfigs({
  networks,
  attachments,
}: Pick<NodeView, "networks" | "attachments">): RangeConfig[] {
  const configured = [...networks.values()].flatMap(({ config, file }) =>
    config.plugins.flatMap(({ json }) =>
      hasRanges(json) ? [{ network: config.name, config: json, file }] : [],
    ),
  );
  return [...configured, ...rememberedConfigs(attachments.flatMap(({ cached }) => cached ?? []))];
}

/** Most attachments have one configuration between them, which is read once. */
function rememberedConfigs(cached: readonly CachedAttachment[]): RangeConfig[] {
  const distinct = new Map<string, CachedAttachment>();
  for (const each of cached) {
    const { config = "", capabilityArgs } = each;
    const granted = field(capabilityArgs, "ipRanges") ?? null;
    distinct.set(`${printJson(granted)} ${config}`, each);
  }
  return [...distinct.values()].flatMap(({ network, config = "", capabilityArgs }) =>
    pluginsOf(config)
      .map((json) => withGranted(json, field(capabilityArgs, "ipRanges")))
      .filter(hasRanges)
      .map((json) => ({ network, config: json })),
  );
}

function pluginsOf(text: string): JsonObject[] {
  try {
    return networkFromText(text).plugins.map(({ json }) => json);
  } catch {
    return []; // what cannot be read names no range
  }
}

/** With the ranges that the runtime granted, where the plugin takes them. */
function withGranted(json: JsonObject, ipRanges: JsonValue | undefined): JsonObject {
  const capabilities = field(json, "capabilities");
  const takes = isObject(capabilities) && field(capabilities, "ipRanges") === true;
  if (ipRanges === undefined || !takes) return json;
  return { ...json, runtimeConfig: { ipRanges } };
}

/** Whether a plugin's configuration has addresses reserved by files, by a path that says where. */
export function hasRanges(config: JsonObject): boolean {
  const ipam = field(config, "ipam");
  if (!isObject(ipam) || reservingPlugin(config) === undefined) return false;
  const dataDir = field(ipam, "dataDir") ?? "";
  return typeof dataDir === "string" && (dataDir === "" || isAbsolute(dataDir));
}
