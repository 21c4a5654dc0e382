import { CniError, ErrorCode } from "../errors.ts";
import { field, isObject, type JsonObject, type JsonValue, parseJson } from "../json/index.ts";
import { OLDEST } from "../versions.ts";
import { Reader } from "./decode.ts";
import { type Family, familyOf, KEYS, versionsOf } from "./family.ts";
import type { Dns, Interface, IpConfig, Result, Route } from "./types.ts";

/** How a result's own version is treated. */
export interface ParseResultOptions {
  /**
   * Demands that the result's own `cniVersion` is of the same form as the version asked for, as
   * Go's decoder does. Without it a result is read by its own version, or by the one asked for
   * when it names none.
   */
  readonly exact?: boolean;
}

/**
 * Reads a result of any version (section 5) from text or from parsed JSON. `configVersion` is the version of
 * the configuration the plugin got; where the result's `cniVersion` is another one, the result
 * keeps its own (use `resultAs` to have it in the configuration's). Null is an empty result.
 * Whatever is wrong with it is a CniError of code 6.
 *
 * @example
 * ```ts
 * import { parseResult } from "hawser/spec";
 *
 * const printed = '{"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.1.0.2/16"}]}';
 * const result = parseResult(printed, "1.0.0");
 * result.cniVersion; // → "0.4.0"
 * result.ips[0]?.address; // → "10.1.0.2/16"
 *
 * parseResult('{"ips": [{"address": "10.1.0.2"}]}', "1.0.0"); // throws CniError 6: ips[0].address: invalid CIDR address
 * ```
 */
export function parseResult(
  source: JsonValue,
  configVersion: string,
  options: ParseResultOptions = {},
): Result {
  const value = typeof source === "string" ? parseJson(source) : source;
  const object = value ?? {};
  if (!isObject(object)) throw undecodable("result must be a JSON object");
  const version =
    options.exact === true
      ? exactVersion(object, configVersion)
      : declaredVersion(object) || configVersion || OLDEST;
  const family = familyOf(version);
  if (family === undefined) throw unsupported(version);
  const reader = new Reader(object, "", KEYS.result[family]);
  return family === "slots" ? readSlots(reader, version) : readLists(reader, version, family);
}

/**
 * A result without interfaces, addresses and routes; no version is 0.1.0.
 *
 * @example
 * ```ts
 * import { emptyResult } from "hawser/spec";
 *
 * emptyResult("1.1.0"); // → { cniVersion: "1.1.0", interfaces: [], ips: [], routes: [], dns: {} }
 * ```
 */
export function emptyResult(version: string): Result {
  return { cniVersion: version || OLDEST, interfaces: [], ips: [], routes: [], dns: {} };
}

/** The version a result itself names; empty when it names none. */
export function declaredVersion(result: JsonObject): string {
  const version = field(result, "cniVersion");
  return typeof version === "string" ? version : "";
}

function exactVersion(object: JsonObject, asked: string): string {
  const family = familyOf(asked);
  if (family === undefined) throw unsupported(asked);
  const declared = declaredVersion(object);
  const version = declared === "" && family === "slots" ? OLDEST : declared;
  if (version !== "" && familyOf(version) === family) return version;
  const supported = versionsOf(family).join(" ");
  throw undecodable(
    `result type supports [${supported}] but unmarshalled CNIVersion is ${JSON.stringify(version)}`,
  );
}

function readSlots(reader: Reader, version: string): Result {
  const result = emptyResult(version);
  for (const [key, tag] of [
    ["ip4", "4"],
    ["ip6", "6"],
  ] as const) {
    const slot = reader.object(key, KEYS.ip.slots);
    if (slot === undefined) continue;
    const ip: IpConfig = { address: slot.prefix("ip"), version: tag };
    const gateway = slot.address("gateway");
    if (gateway !== undefined) ip.gateway = gateway;
    result.ips.push(slot.rest(ip));
    for (const route of slot.objects("routes", KEYS.route.slots, "drop")) {
      result.routes.push(readRoute(route, "slots"));
    }
  }
  result.dns = readDns(reader);
  return reader.rest(result);
}

function readLists(reader: Reader, version: string, family: "tagged" | "current"): Result {
  const result = emptyResult(version);
  // The place of an interface is its name for `ips[].interface`: a null must keep it.
  for (const item of reader.objects("interfaces", KEYS.interface[family], "empty")) {
    result.interfaces.push(readInterface(item, family));
  }
  for (const item of reader.objects("ips", KEYS.ip[family], "drop")) {
    result.ips.push(readIp(item, family));
  }
  for (const item of reader.objects("routes", KEYS.route[family], "drop")) {
    result.routes.push(readRoute(item, family));
  }
  result.dns = readDns(reader);
  return reader.rest(result);
}

function readInterface(reader: Reader, family: "tagged" | "current"): Interface {
  const item: Interface = { name: reader.string("name") ?? "" };
  reader.texts(item, "mac", "sandbox");
  if (family === "current") {
    reader.quantities(item, "mtu");
    reader.texts(item, "socketPath", "pciID");
  }
  return reader.rest(item);
}

function readIp(reader: Reader, family: "tagged" | "current"): IpConfig {
  const item: IpConfig = { address: reader.prefix("address") };
  const gateway = reader.address("gateway");
  if (gateway !== undefined) item.gateway = gateway;
  reader.numbers(item, "interface");
  if (family === "tagged") item.version = reader.string("version") ?? "";
  return reader.rest(item);
}

function readRoute(reader: Reader, family: Family): Route {
  const item: Route = { dst: reader.prefix("dst") };
  const gw = reader.address("gw");
  if (gw !== undefined) item.gw = gw;
  if (family !== "slots") {
    reader.quantities(item, "mtu", "advmss", "priority");
    reader.numbers(item, "table", "scope");
  }
  return reader.rest(item);
}

function readDns(result: Reader): Dns {
  const dns: Dns = {};
  const reader = result.object("dns", KEYS.dns.current);
  if (reader === undefined) return dns;
  reader.lists(dns, "nameservers", "search", "options");
  reader.texts(dns, "domain");
  return reader.rest(dns);
}

function unsupported(version: string): CniError {
  return undecodable(`unsupported CNI result version ${JSON.stringify(version)}`);
}

function undecodable(msg: string): CniError {
  return new CniError(ErrorCode.DECODING_FAILURE, msg);
}
