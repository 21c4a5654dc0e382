/** The plugins of all networks that are configured. */

import type { LoadedNetwork } from "../../runtime/index.ts";
import { field, isObject, type JsonObject, type JsonValue, parseJson } from "../../spec/index.ts";
import type { Node } from "../surroundings.ts";

/** The configurations of a network's plugins, in their order. */
export function pluginsIn({ config }: LoadedNetwork): JsonObject[] {
  const json = parseJson(config.text);
  const list: JsonValue | undefined = isObject(json) ? field(json, "plugins") : undefined;
  return (Array.isArray(list) ? list : [json]).filter(isObject);
}

/** Those of all networks. */
export function pluginsOf({ view }: Node): JsonObject[] {
  return [...view.networks.values()].flatMap(pluginsIn);
}
