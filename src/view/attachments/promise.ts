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
 * Reads what is shown of a result of any version. A result is not judged here, and its keys are those
 * that libcni and Hawser write: a list of a thousand attachments is worth the haste.
 */
export function promisedBy(result: JsonObject, ifName: string): Promised {
  const interfaces = listOf(result["interfaces"]);
  const own = interfaces.findIndex(({ name, sandbox }) => name === ifName && !isEmpty(sandbox));
  const addresses: string[] = [];
  for (const { interface: at, address } of listOf(result["ips"])) {
    const isIts = at === undefined || own === -1 || at === own || !interfaces[Number(at)];
    if (isIts && typeof address === "string") addresses.push(address);
  }
  // Results before 0.3.0 have no lists.
  for (const slot of [result["ip4"], result["ip6"]]) {
    const address = isObject(slot) ? slot["ip"] : undefined;
    if (typeof address === "string") addresses.push(address);
  }
  const hostInterfaces: string[] = [];
  for (const { name, sandbox } of interfaces) {
    if (isEmpty(sandbox) && typeof name === "string") hostInterfaces.push(name);
  }
  const mac = interfaces[own]?.["mac"];
  return typeof mac === "string" && mac !== ""
    ? { addresses, hostInterfaces, mac }
    : { addresses, hostInterfaces };
}

function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === "";
}

/** The capability `portMappings`, as its runtime gave it. */
export function portsOf(capabilityArgs: JsonObject): MappedPort[] {
  return listOf(field(capabilityArgs, "portMappings")).flatMap((each) => {
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

function textOf(object: JsonObject, key: string): string {
  const value: JsonValue | undefined = field(object, key);
  return typeof value === "string" ? value : "";
}
