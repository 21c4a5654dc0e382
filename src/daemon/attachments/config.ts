import { field, isObject, type JsonDocument, type JsonObject } from "../../spec/index.ts";

/** A configuration, not judged yet; undefined when the document is no JSON object. */
export function configOf(document: JsonDocument): JsonObject | undefined {
  try {
    const { value } = document;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The name of the network in a configuration; "" when it has none. */
export function networkOf(config: JsonObject | undefined): string {
  const name = config === undefined ? "" : field(config, "name");
  return typeof name === "string" ? name : "";
}
