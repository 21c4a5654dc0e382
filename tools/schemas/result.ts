import type { JsonObject, JsonValue } from "../../src/spec/index.ts";

/** What an ADD prints, in the form of each version, and the error of any operation. */

const TEXT: JsonObject = { type: ["string", "null"] };
const WHOLE: JsonObject = {
  type: ["integer", "null"],
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};
const ADDRESS: JsonObject = { anyOf: [{ $ref: "#/$defs/optionalAddress" }, { type: "null" }] };
const PREFIX: JsonObject = { $ref: "#/$defs/prefix" };

function described(schema: JsonObject, description: string): JsonObject {
  return { description, ...schema };
}

function list(items: JsonObject, description: string): JsonObject {
  return { description, type: ["array", "null"], items };
}

const TEXTS = (description: string): JsonObject => list({ type: "string" }, description);

const DNS: JsonObject = {
  description: "Resolver settings that the network suggests.",
  type: ["object", "null"],
  properties: {
    nameservers: TEXTS("Addresses of name servers, the preferred one first."),
    domain: described(TEXT, "The domain in which short names are looked up."),
    search: TEXTS("Further domains for that."),
    options: TEXTS("Options of the resolver, as in resolv.conf."),
  },
};

const SHORT_ROUTE: JsonObject = {
  type: ["object", "null"],
  required: ["dst"],
  properties: {
    dst: described(PREFIX, "Destination with the length of its prefix."),
    gw: described(ADDRESS, "Next hop."),
  },
};

const ROUTE: JsonObject = {
  ...SHORT_ROUTE,
  properties: {
    ...(SHORT_ROUTE["properties"] as JsonObject),
    mtu: described(WHOLE, "Path MTU in bytes."),
    advmss: described(WHOLE, "Largest TCP segment to advertise, in bytes."),
    priority: described(WHOLE, "Metric; the lower one is preferred."),
    table: described(WHOLE, "Routing table."),
    scope: described(WHOLE, "0 global, 253 link, 254 host."),
  },
};

const SLOT: JsonObject = {
  type: ["object", "null"],
  required: ["ip"],
  properties: {
    ip: described(PREFIX, "Address with the length of its subnet's prefix."),
    gateway: described(ADDRESS, "Gateway of the subnet."),
    routes: list({ $ref: "#/$defs/shortRoute" }, "Routes of this family."),
  },
};

const INTERFACE: JsonObject = {
  type: ["object", "null"],
  properties: {
    name: described(TEXT, "Its name in its namespace."),
    mac: described(TEXT, "Hardware address."),
    sandbox: described(TEXT, "The isolation domain it is in; absent for the host's."),
  },
};

const CURRENT_INTERFACE: JsonObject = {
  ...INTERFACE,
  properties: {
    ...(INTERFACE["properties"] as JsonObject),
    mtu: described(WHOLE, "Largest packet, in bytes; from 1.1.0 on."),
    socketPath: described(TEXT, "Socket that stands for the interface; from 1.1.0 on."),
    pciID: described(TEXT, "PCI device behind the interface; from 1.1.0 on."),
  },
};

const IP: JsonObject = {
  type: ["object", "null"],
  required: ["address"],
  properties: {
    address: described(PREFIX, "Address with the length of its subnet's prefix."),
    gateway: described(ADDRESS, "Gateway of the subnet."),
    interface: described(WHOLE, "Index into the result's `interfaces`."),
  },
};

const TAGGED_IP: JsonObject = {
  ...IP,
  properties: {
    ...(IP["properties"] as JsonObject),
    version: {
      description: "The address's family.",
      type: ["string", "null"],
      examples: ["4", "6"],
    },
  },
};

function versioned(versions: readonly JsonValue[], properties: JsonObject): JsonObject {
  const cniVersion = { description: "Version of the result's form.", enum: [...versions] };
  return {
    type: "object",
    properties: { cniVersion, ...properties, dns: { $ref: "#/$defs/dns" } },
  };
}

function lists(iface: string, ip: string): JsonObject {
  return {
    interfaces: list({ $ref: `#/$defs/${iface}` }, "Interfaces that were made or are used."),
    ips: list({ $ref: `#/$defs/${ip}` }, "Addresses."),
    routes: list({ $ref: "#/$defs/route" }, "Routes."),
  };
}

export const RESULT_DEFINITIONS: Readonly<Record<string, JsonObject>> = {
  dns: DNS,
  shortRoute: SHORT_ROUTE,
  route: ROUTE,
  slot: SLOT,
  interface: INTERFACE,
  currentInterface: CURRENT_INTERFACE,
  ip: IP,
  taggedIp: TAGGED_IP,
  // A result without a version is one of 0.1.0.
  "result-0.1.0": versioned(["0.1.0", "0.2.0", "", null], {
    ip4: { $ref: "#/$defs/slot" },
    ip6: { $ref: "#/$defs/slot" },
  }),
  "result-0.3.0": versioned(["0.3.0", "0.3.1", "0.4.0"], lists("interface", "taggedIp")),
  "result-1.0.0": versioned(["1.0.0", "1.1.0"], lists("currentInterface", "ip")),
  error: {
    type: "object",
    required: ["code", "msg"],
    properties: {
      cniVersion: { description: "Version of the error's form." },
      code: {
        description:
          "Number of the error: 1 to 99 by the specification, from 100 on the plugin's own.",
        type: "integer",
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
      },
      msg: { description: "What went wrong, in a few words.", type: "string" },
      details: described(TEXT, "More about it."),
    },
  },
};

const AT = (versions: readonly string[]): JsonObject => ({
  required: ["cniVersion"],
  properties: { cniVersion: { enum: [...versions] } },
});

/** By the version that the result names. */
export const RESULT: JsonObject = {
  if: AT(["1.0.0", "1.1.0"]),
  // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema
  then: { $ref: "#/$defs/result-1.0.0" },
  else: {
    if: AT(["0.3.0", "0.3.1", "0.4.0"]),
    // biome-ignore lint/suspicious/noThenProperty: it is the keyword of JSON Schema
    then: { $ref: "#/$defs/result-0.3.0" },
    else: { $ref: "#/$defs/result-0.1.0" },
  },
};
