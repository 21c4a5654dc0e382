import * as v from "valibot";
import { Ip, Prefix } from "../../addr/index.ts";
import { type Context, cniArgs, decode, loadArgs, runtimeConfig } from "../../plugin/index.ts";
import {
  atLeast,
  CniError,
  ErrorCode,
  field,
  isObject,
  type JsonObject,
  printJson,
  type Route,
} from "../../spec/index.ts";
import {
  DEFAULT_DATA_DIR,
  parseRangeSets,
  type RangeSet,
  type RangeSpec,
  type RequestedIp,
  type ReservationPlace,
} from "../../steps/reservation/index.ts";

/** The longest piece of a wrong value that is quoted in an error, in characters. */
const QUOTED = 80;

const text = v.optional(v.string());
const whole = v.optional(v.pipe(v.number(), v.integer()));

const range = v.object({ subnet: text, rangeStart: text, rangeEnd: text, gateway: text });

const route = v.object({
  dst: v.string(),
  gw: text,
  mtu: whole,
  advmss: whole,
  priority: whole,
  table: whole,
  scope: whole,
});

const ranges = v.optional(v.array(v.array(range)), []);

const ipam = v.object({
  ...range.entries,
  ranges,
  routes: v.optional(v.array(route), []),
  resolvConf: text,
});

const place = v.object({ dataDir: text });

const granted = v.object({ ipRanges: ranges, ips: v.optional(v.array(v.string()), []) });

const asked = v.object({ ips: v.optional(v.array(v.string()), []) });

/** The configuration of host-local, checked. */
export interface HostLocalConfig {
  place: ReservationPlace;
  /** In their order: those of the capability `ipRanges`, the single range, `ranges`. */
  sets: RangeSet[];
  routes: Route[];
  /** Path of a resolv.conf that the result's `dns` is read from. */
  resolvConf?: string;
  requested: RequestedIp[];
}

/** Where the reservations lie: all that DEL and GC need of the configuration. */
export function parsePlace(ctx: Context): ReservationPlace {
  const { dataDir } = decode(place, ipamOf(ctx) ?? {}, "ipam");
  const isGiven = dataDir !== undefined && dataDir !== "";
  return { dataDir: isGiven ? dataDir : DEFAULT_DATA_DIR, network: ctx.network };
}

/**
 * Reads everything that ADD needs. Ranges and routes that are wrong are code 7, as are addresses
 * asked for in the configuration; those asked for in CNI_ARGS are code 4.
 */
export function parseConfig(ctx: Context): HostLocalConfig {
  const json = ipamOf(ctx);
  if (json === undefined) {
    throw invalid("IPAM config missing 'ipam' key");
  }
  const config = decode(ipam, json, "ipam");
  const sets = parseSets(ctx, config);
  if (sets.length === 0) {
    throw invalid("no IP ranges specified");
  }
  checkFamilies(ctx.cniVersion, sets);
  return {
    place: parsePlace(ctx),
    sets,
    routes: config.routes.map(parseRoute),
    requested: requestedIps(ctx),
    ...(config.resolvConf === undefined || config.resolvConf === ""
      ? {}
      : { resolvConf: config.resolvConf }),
  };
}

/**
 * The range sets alone. None at all is fine here: STATUS is asked before a runtime grants any by
 * the capability `ipRanges`.
 */
export function parseSetsOnly(ctx: Context): RangeSet[] {
  const json = ipamOf(ctx);
  if (json === undefined) {
    throw invalid("IPAM config missing 'ipam' key");
  }
  return parseSets(ctx, decode(ipam, json, "ipam"));
}

function parseSets(ctx: Context, config: v.InferOutput<typeof ipam>): RangeSet[] {
  const { subnet, rangeStart, rangeEnd, gateway } = config;
  const single: RangeSpec[][] =
    subnet === undefined ? [] : [[{ subnet, rangeStart, rangeEnd, gateway }]];
  const { ipRanges } = decode(granted, runtimeConfig(ctx), "runtimeConfig");
  return asConfigError(() => parseRangeSets([...ipRanges, ...single, ...config.ranges]));
}

/** Results before 0.3.0 have room for one address of each family. */
function checkFamilies(cniVersion: string, sets: readonly RangeSet[]): void {
  const v4 = sets.filter((set) => set[0]?.subnet.family === 4).length;
  if ((v4 <= 1 && sets.length - v4 <= 1) || atLeast(cniVersion, "0.3.0")) {
    return;
  }
  throw invalid(`CNI version ${cniVersion} does not support more than 1 address per family`);
}

function requestedIps(ctx: Context): RequestedIp[] {
  const argument = loadArgs(ctx.args, ["IP"]).IP;
  const fromArgs: RequestedIp[] = [];
  if (argument !== undefined && argument !== "") {
    const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
    fromArgs.push({ ip: parseRequested(argument, "CNI_ARGS", code), from: "CNI_ARGS", code });
  }
  const listed = (ips: readonly string[], from: string): RequestedIp[] => {
    const code = ErrorCode.INVALID_NETWORK_CONFIG;
    return ips.map((ip) => ({ ip: parseRequested(ip, from, code), from, code }));
  };
  const all = [
    ...fromArgs,
    ...listed(decode(asked, cniArgs(ctx), "args.cni").ips, "args.cni.ips"),
    ...listed(decode(granted, runtimeConfig(ctx), "runtimeConfig").ips, "runtimeConfig.ips"),
  ];
  // Runtimes say the same in several ways: podman sends CNI_ARGS and the capability.
  return all.filter(({ ip }, at) => all.findIndex((other) => other.ip.equals(ip)) === at);
}

/** `<ip>` or `<ip>/<length>`; the length does not matter, the range's subnet has one. */
function parseRequested(value: string, from: string, code: number): Ip {
  const ip = value.includes("/") ? Prefix.tryParse(value)?.ip : Ip.tryParse(value);
  if (ip !== undefined) {
    return ip;
  }
  throw new CniError(code, `cannot understand ip: ${value}`, {
    details: `asked for by ${from}; expected an address, or an address and a prefix length`,
  });
}

function parseRoute(spec: v.InferOutput<typeof route>): Route {
  const { dst, gw, mtu, advmss, priority, table, scope } = spec;
  return asConfigError(() => ({
    dst: Prefix.parse(dst).toString(),
    ...(gw === undefined || gw === "" ? {} : { gw: Ip.parse(gw).toString() }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(advmss === undefined ? {} : { advmss }),
    ...(priority === undefined ? {} : { priority }),
    ...(table === undefined ? {} : { table }),
    ...(scope === undefined ? {} : { scope }),
  }));
}

function ipamOf(ctx: Context): JsonObject | undefined {
  const value = field(ctx.config, "ipam") ?? undefined;
  if (value === undefined || isObject(value)) {
    return value;
  }
  throw invalid(`"ipam" must be an object, is ${printJson(value).slice(0, QUOTED)}`);
}

function asConfigError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, error.message, { cause: error });
  }
}

function invalid(msg: string): CniError {
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg);
}
