import * as v from "valibot";
import { Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { CniError, ErrorCode, type Route } from "../../spec/index.ts";
import { invalidConfig, optionalAddressText, prefixText } from "../config/index.ts";

const UINT8_MAX = 0xff;
const UINT32_MAX = 0xffffffff;

/** What the kernel's attribute holds. */
function upTo(most: number): v.GenericSchema<unknown, number | undefined> {
  const range = `expected a whole number from 0 to ${most}`;
  return v.optional(v.pipe(v.number(), v.integer(), v.minValue(0, range), v.maxValue(most, range)));
}

const whole = upTo(UINT32_MAX);

function notCidr(text: string): Error {
  return invalidConfig(`invalid CIDR address: ${text}`);
}

function notAddress(text: string): Error {
  return invalidConfig(`invalid IP address: ${text}`);
}

const keys = v.object({
  dst: v.pipe(
    v.string(),
    prefixText(notCidr),
    v.description("Destination, as `<address>/<length>`."),
  ),
  gw: v.pipe(
    v.optional(v.pipe(v.string(), optionalAddressText(notAddress))),
    v.description("Next hop; without it, the first gateway of the family."),
  ),
  mtu: v.pipe(whole, v.description("Largest packet on the path, in bytes.")),
  advmss: v.pipe(whole, v.description("Largest TCP segment to tell the peer, in bytes.")),
  priority: v.pipe(whole, v.description("Metric; the lowest wins.")),
  table: v.pipe(whole, v.description("Routing table.")),
  scope: v.pipe(upTo(UINT8_MAX), v.description("Scope: 0 universe, 253 link, 254 host.")),
});

/** A route as a configuration has it. */
export interface RouteKeys {
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
}

/** `routes` of an IPAM configuration. */
export const routesSchema: v.GenericSchema<unknown, RouteKeys[]> = v.pipe(
  v.optional(v.array(keys), []),
  v.description("Routes for the result, in their order."),
);

/** The routes as a result has them. */
export function parseRoutes(routes: readonly RouteKeys[]): Route[] {
  return routes.map(parseRoute);
}

function parseRoute({ dst, gw, ...numbers }: RouteKeys): Route {
  return {
    dst: Prefix.parse(dst).toString(),
    ...defined({ gw: gw === "" ? undefined : gw && Ip.parse(gw).toString() }),
    ...defined(numbers),
  };
}

/** Runs a parser of values of the configuration: its RangeError is an error of code 7. */
export function asConfigError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, error.message, { cause: error });
  }
}
