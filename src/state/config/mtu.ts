import * as v from "valibot";
import { type Context, loadArgs, type Rule, rule } from "../../plugin/index.ts";
import { type CniError, field, invalidConfig, isObject, type JsonValue } from "../../spec/index.ts";
import { integer } from "./schema.ts";

/** The largest MTU that a configuration may name, in bytes. */
export const MTU_MAX = 65_535;

/** The least that carries IPv4, and that links of Ethernet take (ETH_MIN_MTU). */
export const MTU_MIN = 68;

/** The least that carries IPv6 (RFC 8200, section 5): below it the kernel takes IPv6 away. */
export const MTU_MIN_IPV6 = 1280;

/** What an MTU must be that a link can have; 0 and less is no MTU. */
export function mtuRule(max: number = MTU_MAX): Rule<number> {
  const maximum = Math.min(max, Number.MAX_SAFE_INTEGER);
  return rule({ anyOf: [{ maximum: 0 }, { minimum: MTU_MIN, maximum }] }, (mtu) => {
    if (mtu > max) throw invalidConfig(`invalid MTU ${mtu}, must be at most ${max}`);
    if (mtu <= 0 || mtu >= MTU_MIN) return;
    throw invalidConfig(`invalid MTU ${mtu}, must be at least ${MTU_MIN}`, '"mtu" of a link');
  });
}

/** A whole number that is such an MTU. */
export function mtuOf(max?: number): v.GenericSchema<unknown, number> {
  return v.pipe(integer, mtuRule(max));
}

/**
 * Refuses an MTU that cannot carry the addresses that the configuration asks for.
 * @throws CniError of code 7
 */
export function checkMtuForIpv6(ctx: Context, mtu: number): void {
  if (mtu <= 0 || mtu >= MTU_MIN_IPV6 || !asksForIpv6(ctx)) return;
  throw mtuBelowIpv6(
    mtu,
    '"mtu" is too small for the IPv6 addresses that the configuration asks for',
  );
}

/** The error of an MTU that cannot carry the addresses there are. */
export function mtuBelowIpv6(mtu: number, details: string): CniError {
  return invalidConfig(
    `invalid MTU ${mtu}, must be at least ${MTU_MIN_IPV6} where there is IPv6`,
    details,
  );
}

/** Where IPAM configurations and requests have the addresses that are to be given out. */
const ADDRESS_KEYS = ["subnet", "range", "ranges", "ipRanges", "address", "addresses", "ips", "ip"];
const DEPTH_MAX = 6;

/** As far as the configuration tells: an IPAM plugin may also have its addresses from elsewhere. */
function asksForIpv6({ config, args }: Context): boolean {
  if (field(config, "slaac") === true) return true;
  const ipam = field(config, "ipam");
  if (!isObject(ipam) || field(ipam, "type") === undefined) return false;
  const convention = field(config, "args");
  const asked = [
    ipam,
    field(config, "runtimeConfig"),
    isObject(convention) ? field(convention, "cni") : undefined,
  ];
  const inArgs = loadArgs(args, ["IP"], { lenient: true }).IP ?? "";
  return [inArgs, ...asked.flatMap((each) => textsIn(each))].some((text) => text.includes(":"));
}

/** The texts below the keys of addresses. */
function textsIn(value: JsonValue | undefined, depth = 0): string[] {
  if (typeof value === "string") return depth > 0 ? [value] : [];
  if (depth > DEPTH_MAX) return [];
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, depth + 1));
  if (!isObject(value)) return [];
  return ADDRESS_KEYS.flatMap((key) => textsIn(field(value, key), depth + 1));
}
