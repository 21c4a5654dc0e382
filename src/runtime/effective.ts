import {
  field,
  fieldKey,
  isObject,
  type JsonObject,
  type NetworkConfig,
  parseJson,
  printJson,
  setField,
} from "../spec/index.ts";

/**
 * The network's configuration as it runs, as JSON text: what its file says, with the plugins of
 * the drop-in directory in the list. All readers of configurations can read it.
 */
export function effectiveConfig(list: NetworkConfig): string {
  const written = list.json ?? parseWritten(list.text);
  const inline = field(written, "plugins");
  if (Array.isArray(inline) && inline.length === list.plugins.length) return list.text;
  const plugins = list.plugins.map(({ json }) => json);
  if (field(written, "name") !== list.name) {
    return printJson({ cniVersion: list.cniVersion, name: list.name, plugins });
  }
  const effective = { ...written };
  setField(effective, fieldKey(written, "plugins") ?? "plugins", plugins);
  return printJson(effective);
}

/** Of a configuration that the caller has put together. */
function parseWritten(text: string): JsonObject {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
