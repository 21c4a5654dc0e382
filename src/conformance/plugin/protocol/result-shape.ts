import { isIP } from "node:net";
import type { Json, JsonObject } from "../../subject/index.ts";
import { isObject, word } from "../answer.ts";
import { since } from "../versions.ts";

/**
 * What is wrong with the shape of a result, by its version (SPEC section 5 and the older texts). Keys that
 * no version knows are never wrong.
 */

type Test = (value: Json, at: string) => string[];

const wrong = (at: string, wanted: string, value: Json | undefined): string[] => [
  `${at} is ${value === undefined ? "missing" : JSON.stringify(value)}, not ${wanted}`,
];

const text: Test = (value, at) => (typeof value === "string" ? [] : wrong(at, "a text", value));
const name: Test = (value, at) =>
  typeof value === "string" && value !== "" ? [] : wrong(at, "a name", value);
const whole: Test = (value, at) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0
    ? []
    : wrong(at, "a whole number from 0 on", value);
const mac: Test = (value, at) =>
  typeof value === "string" && /^(?:[0-9a-f]{2}(?::[0-9a-f]{2})+)?$/iu.test(value)
    ? []
    : wrong(at, "a hardware address", value);

function familyOf(value: Json | undefined): 0 | 4 | 6 {
  const family = typeof value === "string" && !value.includes("%") ? isIP(value) : 0;
  return family === 4 || family === 6 ? family : 0;
}

/** The family of an address with a prefix length; 0 when it is none. */
export function prefixFamily(value: Json | undefined): 0 | 4 | 6 {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/u.exec(word(value)) ?? [];
  const family = familyOf(address);
  return Number(length) <= (family === 4 ? 32 : 128) ? family : 0;
}

const ip: Test = (value, at) =>
  value === "" || familyOf(value) !== 0 ? [] : wrong(at, "an IP address", value);
const prefix: Test = (value, at) =>
  prefixFamily(value) === 0 ? wrong(at, "an address with a prefix length", value) : [];

const listOf =
  (each: Test): Test =>
  (value, at) => {
    if (value === null) return []; // Go writes an empty list so.
    if (!Array.isArray(value)) return wrong(at, "a list", value);
    return value.flatMap((item: Json, index) => each(item, `${at}[${index}]`));
  };

const objectOf =
  (keys: Readonly<Record<string, Test>>, needed: readonly string[] = []): Test =>
  (value, at) => {
    if (!isObject(value)) return wrong(at, "an object", value);
    const missing = needed.filter((key) => value[key] === undefined);
    const found = Object.entries(keys).flatMap(([key, test]) => {
      const item = value[key];
      return item === undefined ? [] : test(item, `${at}.${key}`);
    });
    return [...missing.flatMap((key) => wrong(`${at}.${key}`, "there", undefined)), ...found];
  };

const DNS = objectOf({
  nameservers: listOf(ip),
  domain: text,
  search: listOf(text),
  options: listOf(text),
});
const OLD_ROUTE = { dst: prefix, gw: ip };
const NEW_ROUTE = {
  ...OLD_ROUTE,
  ...{ mtu: whole, advmss: whole, priority: whole, table: whole, scope: whole },
};
const OLD_INTERFACE = { name, mac, sandbox: text };
const NEW_INTERFACE = { ...OLD_INTERFACE, mtu: whole, socketPath: text, pciID: text };

/** What is wrong, a line for each thing; nothing when the shape is right. */
export function faultsOf(version: string, result: JsonObject): string[] {
  const shape = since(version, "0.3.0") ? listShape(version) : slotShape();
  const faults = shape(result, "result");
  if (!since(version, "0.3.0")) return [...faults, ...familiesOfSlots(result)];
  const interfaces = result["interfaces"];
  const count = Array.isArray(interfaces) ? interfaces.length : 0;
  const ips = result["ips"];
  const list: readonly Json[] = Array.isArray(ips) ? ips : [];
  return [...faults, ...list.flatMap((each, at) => faultsOfIp(version, each, at, count))];
}

function listShape(version: string): Test {
  const isNewest = since(version, "1.1.0");
  const ipKeys = { address: prefix, gateway: ip };
  return objectOf({
    interfaces: listOf(objectOf(isNewest ? NEW_INTERFACE : OLD_INTERFACE, ["name"])),
    ips: listOf(objectOf(ipKeys, ["address"])),
    routes: listOf(objectOf(isNewest ? NEW_ROUTE : OLD_ROUTE, ["dst"])),
    dns: DNS,
  });
}

function slotShape(): Test {
  const route = objectOf(OLD_ROUTE, ["dst"]);
  const slot = objectOf({ ip: prefix, gateway: ip, routes: listOf(route) }, ["ip"]);
  return objectOf({ ip4: slot, ip6: slot, dns: DNS });
}

function familiesOfSlots(result: JsonObject): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const slot = result[`ip${family}`];
    if (!isObject(slot)) return [];
    const came = prefixFamily(slot["ip"]);
    if (came === family || came === 0) return []; // What is no address has its fault already.
    return wrong(`result.ip${family}.ip`, `of IPv${family}`, slot["ip"]);
  });
}

function faultsOfIp(version: string, each: Json, index: number, count: number): string[] {
  if (!isObject(each)) return [];
  const at = `result.ips[${index}]`;
  const faults: string[] = [];
  const { interface: link, version: family, address } = each;
  if (link !== undefined && link !== null) {
    faults.push(...whole(link, `${at}.interface`));
    if (typeof link === "number" && link >= count) {
      faults.push(`${at}.interface is ${link}, and there are ${count} interfaces`);
    }
  }
  const own = prefixFamily(address);
  if (!since(version, "1.0.0") && own !== 0 && family !== String(own)) {
    faults.push(...wrong(`${at}.version`, `"${own}", as its address is`, family));
  }
  return faults;
}

/** The addresses of a result of any version. */
export function addressesOf(result: JsonObject): string[] {
  const slots = [result["ip4"], result["ip6"]].filter(isObject).map((slot) => slot["ip"]);
  const ips = result["ips"];
  const list = Array.isArray(ips) ? ips.filter(isObject).map((each) => each["address"]) : [];
  return [...slots, ...list].filter((each): each is string => typeof each === "string");
}
