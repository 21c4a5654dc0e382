import { field, isObject, type JsonValue, parseJson } from "../../spec/index.ts";

/**
 * Which networks map ports. A runtime remembers a container's ports for each network that it is on, also for one whose
 * plugins take none, as containerd does for the loopback network.
 */
export class PortTakers {
  readonly #known = new Map<string, boolean>();

  /** @param config the network's configuration, as it was at the ADD */
  has(config: string): boolean {
    const known = this.#known.get(config) ?? takesPorts(config);
    this.#known.set(config, known);
    return known;
  }
}

function takesPorts(text: string): boolean {
  try {
    const json = parseJson(text);
    const list = isObject(json) ? (field(json, "plugins") ?? [json]) : [];
    return Array.isArray(list) && list.some(mapsPorts);
  } catch {
    return false;
  }
}

/** Whether a plugin's configuration asks for the ports of a container. */
export function mapsPorts(plugin: JsonValue): boolean {
  const capabilities = isObject(plugin) ? field(plugin, "capabilities") : undefined;
  return isObject(capabilities) && field(capabilities, "portMappings") === true;
}
