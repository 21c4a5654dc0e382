import type { JsonObject } from "../../src/spec/index.ts";
import { SPEC_VERSIONS } from "../../src/spec/index.ts";
import { schemaOf } from "../manuals/schema-of.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { keysSchema, orNull } from "./keys.ts";
import { TEXTS } from "./patterns.ts";

/** The definitions of configurations: of a network, of a plugin, and of each plugin's keys. */

/** Plugins that give addresses: their keys stand in `ipam` of another plugin's configuration. */
const IPAM_PLUGINS: ReadonlySet<string> = new Set(["cluster", "dhcp", "host-local", "static"]);

const NUMBER = String.raw`[+-]?\d{1,15}`;
const VERSION: JsonObject = {
  description: "Version of the specification.",
  type: "string",
  anyOf: [
    { enum: [...SPEC_VERSIONS] },
    { pattern: String.raw`^(?:${NUMBER}(?:\.${NUMBER}){0,2})?$` },
  ],
};

const NAME: JsonObject = {
  description: "Name of the network, one for each on a host; a letter or digit comes first.",
  type: "string",
  pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$",
};

const TYPE: JsonObject = {
  description: "Name of the plugin's executable.",
  type: "string",
  minLength: 1,
  pattern: String.raw`^(?!\.{1,2}$)[^/\\\0]*$`,
  anyOf: [{ enum: [...PLUGIN_NAMES] }, {}],
};

const EDITORS: JsonObject = {
  description: "The schema that an editor checks the file with; runtimes and plugins overlook it.",
};

/** Booleans were texts in a draft of the specification, and are taken so still. */
function truth(description: string): JsonObject {
  return {
    description,
    default: false,
    anyOf: [{ type: "boolean" }, { type: "string", pattern: TRUTH }],
  };
}
const TRUTH = "^(?:[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$";

const NETWORK: JsonObject = {
  type: "object",
  required: ["name"],
  properties: {
    $schema: EDITORS,
    cniVersion: { $ref: "#/$defs/version" },
    cniVersions: {
      description:
        "Further versions that the configuration is good for; runtimes take the highest.",
      type: "array",
      items: { $ref: "#/$defs/version" },
    },
    name: NAME,
    disableCheck: truth("CHECK does nothing and succeeds."),
    disableGC: truth("GC does nothing and succeeds."),
    loadOnlyInlinedPlugins: truth("Plugins of drop-in files do not belong to the network."),
    plugins: {
      description: "The plugins in the order in which they add to a container's network.",
      type: "array",
      minItems: 1,
      items: { $ref: "#/$defs/plugin" },
    },
  },
  if: {
    required: ["loadOnlyInlinedPlugins"],
    properties: {
      loadOnlyInlinedPlugins: {
        anyOf: [{ const: true }, { type: "string", pattern: "^[tT][rR][uU][eE]$" }],
      },
    },
  },
  // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema
  then: { required: ["plugins"] },
};

const DNS_TEXTS: JsonObject = { type: ["array", "null"], items: { type: ["string", "null"] } };

/** What every plugin may be sent, and what runtimes look at. */
const COMMON: JsonObject = {
  type: "object",
  required: ["type"],
  properties: {
    $schema: EDITORS,
    cniVersion: {
      type: ["string", "null"],
      description: "Of the network: the runtime fills it in.",
    },
    name: { type: ["string", "null"], description: "Of the network: the runtime fills it in." },
    type: TYPE,
    capabilities: {
      description: "What the runtime may fill in under `runtimeConfig`, by name.",
      type: ["object", "null"],
      properties: capabilities(),
      additionalProperties: { type: ["boolean", "null"] },
    },
    args: { description: "Arguments by convention, such as `args.cni`." },
    ipam: {
      description: "Which plugin gives the addresses, and its keys.",
      type: ["object", "null"],
      properties: { type: { type: ["string", "null"] } },
    },
    dns: {
      description: "Resolver settings.",
      type: ["object", "null"],
      properties: {
        nameservers: DNS_TEXTS,
        domain: { type: ["string", "null"] },
        search: DNS_TEXTS,
        options: DNS_TEXTS,
      },
    },
    prevResult: {
      description: "The result of the plugins before: the runtime fills it in.",
      type: ["object", "null"],
    },
  },
};

function capabilities(): JsonObject {
  const known = [
    "portMappings",
    "ips",
    "mac",
    "bandwidth",
    "dns",
    "ipRanges",
    "deviceID",
    "aliases",
  ];
  return Object.fromEntries(known.map((name) => [name, { type: ["boolean", "null"] }]));
}

/** By the value of `type`, what holds beside. */
function byType(types: readonly string[], nameOf: (type: string) => string): JsonObject[] {
  return types.map((type) => ({
    if: { type: "object", required: ["type"], properties: { type: { const: type } } },
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema
    then: { $ref: `#/$defs/${nameOf(type)}` },
  }));
}

const IPAM: JsonObject = {
  type: ["object", "null"],
  properties: {
    type: {
      description: "Type of the IPAM plugin.",
      type: ["string", "null"],
      anyOf: [{ enum: [...IPAM_PLUGINS] }, {}],
    },
  },
  allOf: byType([...IPAM_PLUGINS], (type) => `ipam-${type}`),
};

const PLUGIN: JsonObject = {
  allOf: [{ $ref: "#/$defs/common" }, ...byType(PLUGIN_NAMES, (type) => `plugin-${type}`)],
};

/** Every definition that a document may use, by its name in `$defs`. */
export async function definitions(): Promise<Record<string, JsonObject>> {
  const found: Record<string, JsonObject> = {
    version: VERSION,
    network: NETWORK,
    common: COMMON,
    plugin: PLUGIN,
    ipam: IPAM,
    single: { allOf: [{ $ref: "#/$defs/plugin" }, SINGLE] },
    ...TEXTS,
  };
  for (const type of PLUGIN_NAMES) {
    const keys = keysSchema(await schemaOf(type)) as PluginKeys;
    const { ipam } = keys.properties;
    if (ipam !== undefined && IPAM_PLUGINS.has(type)) {
      found[`ipam-${type}`] = ipam;
      keys.properties["ipam"] = { $ref: `#/$defs/ipam-${type}` };
    } else if (ipam !== undefined) {
      keys.properties["ipam"] = withIpamPlugins(ipam);
    }
    found[`plugin-${type}`] = keys;
  }
  return found;
}

interface PluginKeys extends JsonObject {
  readonly properties: Record<string, JsonObject>;
}

/** A configuration of one plugin that is a network by itself, as files had them before lists. */
const SINGLE: JsonObject = {
  required: ["name"],
  properties: { name: NAME, cniVersion: orNull({ $ref: "#/$defs/version" }) as JsonObject },
};

/** `ipam` as a plugin reads it, and as the plugin that it names does. */
function withIpamPlugins(ipam: JsonObject): JsonObject {
  return { ...ipam, $ref: "#/$defs/ipam" };
}
