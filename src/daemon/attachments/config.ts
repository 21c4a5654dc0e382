import { field, isObject, type JsonObject } from "../../spec/index.ts";

/** A configuration, not judged yet; undefined when the text is no JSON object. */
export function configOf(text: string): JsonObject | undefined {
  try {
    const config: unknown = JSON.parse(text);
    return isObject(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

/** The name of the network in a configuration; "" when it has none. */
export function networkOf(config: JsonObject | undefined): string {
  const name = config === undefined ? "" : field(config, "name");
  return typeof name === "string" ? name : "";
}
