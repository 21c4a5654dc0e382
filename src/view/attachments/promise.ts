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
 * Reads what is shown of a result of any version. A result is not judged here, and its keys are those
 * that libcni and Hawser write: a list of a thousand attachments is worth the haste.
 */
export function promisedBy(result: JsonObject, ifName: string): Promised {
  const interfaces = listOf(result["interfaces"]);
  const hostInterfaces: string[] = [];
  let own: number | undefined;
  for (let at = 0; at < interfaces.length; at++) {
    const { name, sandbox } = interfaces[at] as JsonObject;
    if (isEmpty(sandbox)) {
      if (typeof name === "string") hostInterfaces.push(name);
    } else if (own === undefined && name === ifName) {
      own = at;
    }
  }
  const addresses: string[] = [];
  for (const { interface: of, address } of listOf(result["ips"])) {
    const at = numberOf(of);
    const isIts = of === undefined || own === undefined || at === own || !isIn(interfaces, at);
    if (isIts && typeof address === "string") addresses.push(address);
  }
  // Results before 0.3.0 have no lists.
  addAddress(addresses, result["ip4"]);
  addAddress(addresses, result["ip6"]);
  const mac = own === undefined ? undefined : interfaces[own]?.["mac"];
  return typeof mac === "string" && mac !== ""
    ? { addresses, hostInterfaces, mac }
    : { addresses, hostInterfaces };
}

function isIn(interfaces: readonly JsonObject[], at: number | undefined): boolean {
  return at !== undefined && interfaces[at] !== undefined;
}

function addAddress(addresses: string[], slot: JsonValue | undefined): void {
  if (slot === undefined || !isObject(slot)) return;
  const address = slot["ip"];
  if (typeof address === "string") addresses.push(address);
}

/** The objects of a list; the list itself where it has nothing else. */
function listOf(value: JsonValue | undefined): JsonObject[] {
  if (!Array.isArray(value)) return [];
  for (const each of value) if (!isObject(each)) return value.filter(isObject);
  return value as JsonObject[];
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === "";
}

/** The capability `portMappings`, as its runtime gave it. */
export function portsOf(capabilityArgs: JsonObject): MappedPort[] {
  const mapped = capabilityArgs["portMappings"] ?? field(capabilityArgs, "portMappings");
  const ports: MappedPort[] = [];
  for (const each of listOf(mapped)) {
    const hostPort = portOf(each, "hostPort");
    const containerPort = portOf(each, "containerPort");
    if (!hostPort || !containerPort) continue;
    const protocol = textOf(each, "protocol").toLowerCase() || "tcp";
    const hostIP = textOf(each, "hostIP");
    const port = { hostPort, containerPort, protocol };
    ports.push(hostIP === "" ? port : { ...port, hostIP });
  }
  return ports;
}

function portOf(mapping: JsonObject, key: string): number | undefined {
  return numberOf(mapping[key] ?? field(mapping, key) ?? 0);
}

function textOf(object: JsonObject, key: string): string {
  const value: JsonValue | undefined = object[key] ?? field(object, key);
  return typeof value === "string" ? value : "";
}
