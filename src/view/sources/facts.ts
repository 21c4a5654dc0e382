import { Prefix } from "../../addr/index.ts";
import { DEFAULT_BRIDGE, defined } from "../../base/index.ts";
import { parsePlace, reservationsPath } from "../../cluster/config/index.ts";
import { field, isObject, type JsonObject, type JsonValue, parseJson } from "../../spec/index.ts";

/** What of a network's configuration the view has to know. */
export interface NetworkFacts {
  /** The types of its plugins, without what those delegate to. */
  readonly types: readonly string[];
  /** The bridge that its first plugin joins containers to. */
  readonly bridge?: string;
  /** Where its addresses are reserved, where that is host-local's work. */
  readonly hostLocal?: HostLocalFacts;
  /** The directory of its reservations, where its addresses are a fleet's. */
  readonly fleet?: string;
}

export interface HostLocalFacts {
  /** Absent where the configuration names no other place than the usual one. */
  readonly dataDir?: string;
  readonly subnets: readonly Prefix[];
}

const NOTHING: NetworkFacts = { types: [] };

/** Facts by the text of the configuration: hundreds of attachments have the same. */
export class FactsByText {
  readonly #known = new Map<string, NetworkFacts>();

  /** What cannot be understood states nothing. */
  of(text: string | undefined): NetworkFacts {
    if (text === undefined) return NOTHING;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const facts = factsOfText(text);
    this.#known.set(text, facts);
    return facts;
  }
}

function factsOfText(text: string): NetworkFacts {
  try {
    const json = parseJson(text);
    return isObject(json) ? factsOf(json) : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Of a list, or of one plugin's configuration as it was before 1.0.0. */
function factsOf(network: JsonObject): NetworkFacts {
  const list = field(network, "plugins");
  const plugins = (Array.isArray(list) ? list : [network]).filter(isObject);
  const [first] = plugins;
  if (first === undefined) return NOTHING;
  const types = plugins.map((plugin) => textOf(plugin, "type"));
  const ipam = field(first, "ipam");
  const hostLocal =
    isObject(ipam) && textOf(ipam, "type") === "host-local" ? hostLocalOf(ipam) : undefined;
  const fleet =
    isObject(ipam) && textOf(ipam, "type") === "cluster" ? fleetOf(network, first) : undefined;
  const bridge = types[0] === "bridge" ? textOf(first, "bridge") || DEFAULT_BRIDGE : undefined;
  return { types, ...defined({ bridge, hostLocal, fleet }) };
}

/** Undefined for a configuration whose addresses lie nowhere. */
function fleetOf(network: JsonObject, config: JsonObject): string | undefined {
  try {
    return reservationsPath(parsePlace({ network: textOf(network, "name"), config }));
  } catch {
    return undefined;
  }
}

function hostLocalOf(ipam: JsonObject): HostLocalFacts {
  const dataDir = textOf(ipam, "dataDir") || undefined;
  const sets = field(ipam, "ranges");
  const ranges = (Array.isArray(sets) ? sets : []).flat().filter(isObject);
  const subnets = [ipam, ...ranges].flatMap((range) => {
    return Prefix.tryParse(textOf(range, "subnet")) ?? [];
  });
  return { subnets, ...defined({ dataDir }) };
}

function textOf(object: JsonObject, key: string): string {
  const value: JsonValue | undefined = field(object, key);
  return typeof value === "string" ? value : "";
}
