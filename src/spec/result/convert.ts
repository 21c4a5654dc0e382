import { Prefix } from "../../addr/index.ts";
import { CniError, ErrorCode } from "../errors.ts";
import { type JsonObject, type JsonValue, printJson, setField } from "../json/index.ts";
import { OLDEST } from "../versions.ts";
import { without } from "./decode.ts";
import { type Family, familyOf, KEYS } from "./family.ts";
import { parseResult } from "./parse.ts";
import type { Dns, Interface, IpConfig, Result, Route } from "./types.ts";

/**
 * The result as JSON in the form of a version ("" is 0.1.0; specification, section 5); keys stand in the order Go prints
 * them, unknown keys after the known ones. Going down loses what the version has no place for.
 * A version that was never released is a CniError of code 1, a result without an address that
 * 0.1.0 or 0.2.0 could hold one of code 999.
 *
 * @example
 * ```ts
 * import { convertResult, emptyResult } from "hawser/spec";
 *
 * const result = { ...emptyResult("1.1.0"), ips: [{ address: "10.1.0.2/16", gateway: "10.1.0.1" }] };
 * convertResult(result, "0.2.0"); // → { cniVersion: "0.2.0", ip4: { ip: "10.1.0.2/16", gateway: "10.1.0.1" }, dns: {} }
 * convertResult(result, "9.9.9"); // throws CniError 1: no converter for CNI result version 1.1.0 to 9.9.9
 * ```
 */
export function convertResult(result: Result, version: string): JsonObject {
  const target = version || OLDEST;
  const family = familyOf(target);
  if (family === undefined) {
    throw new CniError(
      ErrorCode.INCOMPATIBLE_CNI_VERSION,
      `no converter for CNI result version ${result.cniVersion} to ${target}`,
    );
  }
  const printed = family === "slots" ? slots(result) : lists(result, family);
  const dns = printDns(result.dns, family);
  // Go leaves an empty dns out only from 1.0.0 on.
  const shown = family === "current" && Object.keys(dns).length === 0 ? undefined : dns;
  const values = { cniVersion: target, ...printed, dns: shown };
  return ordered(values, KEYS.result[family], result.extra);
}

/**
 * Prints a result in the form of a version: four spaces a level, no newline at the end.
 * @throws CniError as `convertResult` does
 *
 * @example
 * ```ts
 * import { emptyResult, printResult } from "hawser/spec";
 *
 * printResult(emptyResult("1.1.0"), "1.1.0"); // → '{\n    "cniVersion": "1.1.0"\n}'
 * ```
 */
export function printResult(result: Result, version: string): string {
  return printJson(convertResult(result, version), 4);
}

/**
 * The result as if a plugin of that version had given it.
 * @throws CniError as `convertResult` does
 *
 * @example
 * ```ts
 * import { parseResult, resultAs } from "hawser/spec";
 *
 * const old = parseResult('{"cniVersion": "0.2.0", "ip4": {"ip": "10.1.0.2/16"}}', "0.2.0");
 * const result = resultAs(old, "1.1.0");
 * result.cniVersion; // → "1.1.0"
 * result.ips; // → [{ address: "10.1.0.2/16" }]
 * ```
 */
export function resultAs(result: Result, version: string): Result {
  return parseResult(convertResult(result, version), version, { exact: true });
}

type Values = Readonly<Record<string, JsonValue | undefined>>;

function slots(result: Result): Values {
  const ip4 = slot(result, 4);
  const ip6 = slot(result, 6);
  const wasSlots = familyOf(result.cniVersion) === "slots";
  if (ip4 === undefined && ip6 === undefined && !wasSlots) {
    throw new CniError(ErrorCode.INTERNAL, "cannot convert: no valid IP addresses");
  }
  return { ip4, ip6 };
}

function slot(result: Result, family: 4 | 6): JsonObject | undefined {
  const ip = result.ips.find((candidate) => tag(candidate) === String(family));
  if (ip === undefined) return undefined;
  const routes = result.routes.filter((route) => Prefix.tryParse(route.dst)?.family === family);
  const printed = routes.map((route) => printRoute(route, "slots"));
  const values = { ip: ip.address, gateway: filled(ip.gateway), routes: filled(printed) };
  return ordered(values, KEYS.ip.slots, ip.extra);
}

function lists(result: Result, family: "tagged" | "current"): Values {
  return {
    interfaces: filled(result.interfaces.map((item) => printInterface(item, family))),
    ips: filled(result.ips.map((item) => printIp(item, family))),
    routes: filled(result.routes.map((item) => printRoute(item, family))),
  };
}

function printInterface(item: Interface, family: "tagged" | "current"): JsonObject {
  const values = {
    name: item.name,
    mac: filled(item.mac),
    mtu: item.mtu || undefined,
    sandbox: filled(item.sandbox),
    socketPath: filled(item.socketPath),
    pciID: filled(item.pciID),
  };
  return ordered(values, KEYS.interface[family], item.extra);
}

function printIp(item: IpConfig, family: "tagged" | "current"): JsonObject {
  const values = {
    version: family === "tagged" ? tag(item) : undefined,
    interface: item.interface,
    address: item.address,
    gateway: filled(item.gateway),
  };
  return ordered(values, KEYS.ip[family], item.extra);
}

function printRoute(item: Route, family: Family): JsonObject {
  const values = {
    dst: item.dst,
    gw: filled(item.gw),
    mtu: item.mtu || undefined,
    advmss: item.advmss || undefined,
    priority: item.priority || undefined,
    table: item.table,
    scope: item.scope,
  };
  return ordered(values, KEYS.route[family], item.extra);
}

function printDns(dns: Dns, family: Family): JsonObject {
  const values = {
    nameservers: filled(dns.nameservers),
    domain: filled(dns.domain),
    search: filled(dns.search),
    options: filled(dns.options),
  };
  return ordered(values, KEYS.dns[family], dns.extra);
}

/** The address's version: as it was read, else what the address is. */
function tag(ip: IpConfig): string {
  if (ip.version !== undefined) return ip.version;
  return String(Prefix.parse(ip.address).family);
}

/** Empty texts and lists are left out, as Go does. */
function filled<T extends string | JsonValue[]>(value: T | undefined): T | undefined {
  return value === undefined || value.length === 0 ? undefined : value;
}

/**
 * The known keys that have a value, in order, then the unknown ones. A key the source did not know
 * but the target does is left out: its value was never checked.
 */
function ordered(values: Values, keys: readonly string[], extra?: JsonObject): JsonObject {
  const object: JsonObject = {};
  for (const key of keys) {
    const value = values[key];
    if (value !== undefined) object[key] = value;
  }
  if (extra !== undefined) {
    for (const [key, value] of Object.entries(without(extra, keys))) setField(object, key, value);
  }
  return object;
}
