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
 * the drop-in directory in the list. It can be read by whoever reads configurations.
 */
export function effectiveConfig(list: NetworkConfig): string {
  const written = parseWritten(list.text);
  const inline = field(written, "plugins");
  if (Array.isArray(inline) && inline.length === list.plugins.length) {
    return list.text;
  }
  const plugins = list.plugins.map(({ json }) => json);
  if (field(written, "name") !== list.name) {
    return printJson({ cniVersion: list.cniVersion, name: list.name, plugins });
  }
  setField(written, fieldKey(written, "plugins") ?? "plugins", plugins);
  return printJson(written);
}

function parseWritten(text: string): JsonObject {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
