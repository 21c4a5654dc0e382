import * as v from "valibot";
import { type Context, decode, runtimeConfig, says } from "../../plugin/index.ts";
import { type Dns, invalidConfig, type Route } from "../../spec/index.ts";
import {
  asConfigError,
  checkFamilies,
  ipamObject,
  parseRoutes,
  requiredIpam,
  routesSchema,
} from "../../state/ipam-config/index.ts";
import {
  parseRangeSets,
  type RangeSet,
  type RangeSpec,
  type RequestedIp,
  type ReservationDir,
  requestedIps,
} from "../../state/reservations/index.ts";
import { readResolvConf } from "./resolv-conf.ts";

/** Where Go's host-local keeps reservations when the configuration names no other place. */
export const DEFAULT_DATA_DIR = "/var/lib/cni/networks";

const text = v.optional(v.string());

/** The parser of ranges judges all four together, and names the range in its errors. */
const subnet = v.pipe(
  text,
  says({ $ref: "#/$defs/subnet" }),
  v.description("The network, without host bits; up to /30 or /126."),
);
const address = v.pipe(text, says({ $ref: "#/$defs/optionalAddress" }));

const range = v.object({
  subnet,
  rangeStart: v.pipe(
    address,
    v.description("First address to hand out; else the subnet's second."),
  ),
  rangeEnd: v.pipe(
    address,
    v.description("Last address to hand out; else the last but one (IPv4) or the last (IPv6)."),
  ),
  gateway: v.pipe(address, v.description("Never handed out; else the subnet's second address.")),
});

const listed = v.object({ ...range.entries, subnet: v.pipe(subnet, says({}, { required: true })) });

const ranges = v.pipe(
  v.optional(v.array(v.pipe(v.array(listed), says({ minItems: 1 }))), []),
  v.description("Range sets: one address is taken from each, from any of its ranges."),
);

const dirKeys = v.object({
  dataDir: v.pipe(
    text,
    v.description(`Directory of the reservations; else \`${DEFAULT_DATA_DIR}\`.`),
  ),
});

const keys = v.object({
  ...range.entries,
  ranges,
  exclude: v.pipe(
    v.optional(v.array(v.pipe(v.string(), says({ $ref: "#/$defs/exclusion" }))), []),
    v.description(
      "What is handed out only when asked for: addresses, `<first>-<last>` and subnets.",
    ),
  ),
  failStatusWhenFull: v.pipe(
    v.optional(v.boolean(), false),
    v.description(
      "STATUS fails with code 50 while a range set has no free address; else it says so on stderr.",
    ),
  ),
  routes: routesSchema,
  resolvConf: v.pipe(
    text,
    v.description("A file in resolv.conf's format that the result's `dns` is read from."),
  ),
  ...dirKeys.entries,
});

/** The keys of the plugin: they stand in `ipam`. */
export const schema: v.GenericSchema = v.object({
  ipam: v.pipe(keys, v.description("Settings of the plugin.")),
});

const granted = v.object({ ipRanges: ranges });

/** The configuration of host-local, checked. */
export interface HostLocalConfig {
  readonly dir: ReservationDir;
  /** In their order: those of the capability `ipRanges`, the single range, `ranges`. */
  readonly sets: readonly RangeSet[];
  readonly failStatusWhenFull: boolean;
  readonly routes: Route[];
  /** Of the file that `resolvConf` names. */
  readonly dns: Dns;
  readonly requested: readonly RequestedIp[];
}

/** Where the reservations lie: all that DEL and GC need of the configuration. */
export function parseDir(ctx: Pick<Context, "config" | "network">): ReservationDir {
  const { dataDir } = decode(dirKeys, ipamObject(ctx) ?? {}, "ipam");
  const isGiven = dataDir !== undefined && dataDir !== "";
  return { dataDir: isGiven ? dataDir : DEFAULT_DATA_DIR, network: ctx.network };
}

/**
 * Reads everything that ADD needs. Ranges and routes that are wrong are code 7, as are addresses
 * asked for in the configuration; those asked for in CNI_ARGS are code 4.
 */
export function parseConfig(ctx: Context): HostLocalConfig {
  const config = decode(keys, requiredIpam(ctx), "ipam");
  const sets = parseSets(ctx, config);
  const dir = parseDir(ctx);
  // A runtime asks for STATUS before it grants any range by the capability `ipRanges`.
  const { failStatusWhenFull } = config;
  if (ctx.operation === "STATUS") {
    return { dir, sets, failStatusWhenFull, routes: [], dns: {}, requested: [] };
  }
  if (sets.length === 0) throw invalidConfig("no IP ranges specified");
  checkFamilies(
    ctx.cniVersion,
    sets.flatMap(([first]) => (first === undefined ? [] : [first.subnet.family])),
  );
  const { resolvConf = "" } = config;
  return {
    dir,
    sets,
    failStatusWhenFull,
    routes: parseRoutes(config.routes),
    requested: requestedIps(ctx),
    dns: resolvConf === "" || ctx.operation !== "ADD" ? {} : readResolvConf(resolvConf),
  };
}

/** Where the reservations lie, and the ranges, of a configuration that is only looked at. */
export function parsePools(
  ctx: Pick<Context, "config" | "network">,
): Pick<HostLocalConfig, "dir" | "sets"> {
  return { dir: parseDir(ctx), sets: parseSets(ctx, decode(keys, requiredIpam(ctx), "ipam")) };
}

function parseSets(ctx: Pick<Context, "config">, config: v.InferOutput<typeof keys>): RangeSet[] {
  const { subnet, rangeStart, rangeEnd, gateway } = config;
  const single: RangeSpec[][] =
    subnet === undefined ? [] : [[{ subnet, rangeStart, rangeEnd, gateway }]];
  const { ipRanges } = decode(granted, runtimeConfig(ctx), "runtimeConfig");
  return asConfigError(() =>
    parseRangeSets([...ipRanges, ...single, ...config.ranges], config.exclude),
  );
}
