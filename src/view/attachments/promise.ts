import { defined } from "../../base/index.ts";
import { field, isObject, type JsonObject, type JsonValue, numberOf } from "../../spec/index.ts";
import type { MappedPort } from "./attachment.ts";

/** What a result of an ADD says, as far as a list of attachments shows it. */
export interface Promised {
  /** In CIDR notation. */
  readonly addresses: readonly string[];
  readonly mac?: string;
  /** Interfaces without a namespace, in their order. */
  readonly hostInterfaces: readonly string[];
}

/**
 * Reads what is shown of a result of any version. A result is not judged here: other files of the same
 * directory are, when a plugin or a runtime uses them.
 */
export function promisedBy(result: JsonObject, ifName: string): Promised {
  const interfaces = objectsAt(result, "interfaces").map((each) => {
    return {
      name: textOf(each, "name"),
      mac: textOf(each, "mac"),
      inside: textOf(each, "sandbox"),
    };
  });
  const own = interfaces.findIndex(({ name, inside }) => name === ifName && inside !== "");
  const ips = objectsAt(result, "ips").filter((ip) => {
    const at = field(ip, "interface");
    return at === undefined || own === -1 || at === own || interfaces[Number(at)] === undefined;
  });
  const slots = ["ip4", "ip6"].flatMap((key) => field(result, key) ?? []).filter(isObject);
  const addresses = [
    ...ips.map((ip) => textOf(ip, "address")),
    ...slots.map((slot) => textOf(slot, "ip")),
  ].filter((address) => address !== "");
  const mac = interfaces[own]?.mac || undefined;
  const hostInterfaces = interfaces.filter(({ inside }) => inside === "").map(({ name }) => name);
  return { addresses, hostInterfaces, ...defined({ mac }) };
}

/** The capability `portMappings`, as its runtime gave it. */
export function portsOf(capabilityArgs: JsonObject): MappedPort[] {
  return objectsAt(capabilityArgs, "portMappings").flatMap((each) => {
    const [hostPort, containerPort] = [
      numberOf(field(each, "hostPort") ?? 0),
      numberOf(field(each, "containerPort") ?? 0),
    ];
    if (!hostPort || !containerPort) return [];
    const protocol = textOf(each, "protocol").toLowerCase() || "tcp";
    const hostIP = textOf(each, "hostIP") || undefined;
    return [{ hostPort, containerPort, protocol, ...defined({ hostIP }) }];
  });
}

function objectsAt(object: JsonObject, key: string): JsonObject[] {
  const value: JsonValue | undefined = field(object, key);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(object: JsonObject, key: string): string {
  const value: JsonValue | undefined = field(object, key);
  return typeof value === "string" ? value : "";
}
