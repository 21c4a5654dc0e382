import * as v from "valibot";
import type { Ip, Prefix } from "../../addr/index.ts";
import { Remembered } from "../../base/index.ts";
import {
  type ClusterConfig,
  type Configured,
  clusterKeys,
  clusterOf,
  DURATION,
  isReservedIn,
  parseDuration,
  parsePlace,
  pathsOf,
} from "../../cluster/config/index.ts";
import { type Context, decode, says } from "../../plugin/index.ts";
import {
  CniError,
  field,
  invalidConfig,
  type JsonObject,
  printJson,
  type Route,
} from "../../spec/index.ts";
import {
  checkFamilies,
  parseRoutes,
  requiredIpam,
  routesSchema,
} from "../../state/ipam-config/index.ts";
import {
  type RequestedIp,
  type ReservationDir,
  requestedIps,
} from "../../state/reservations/index.ts";
import { knownArgs, parseSticky, type Sticky, stickyName, stickySchema } from "./sticky.ts";

const DEFAULT_WAIT = "30s";
const LONGEST_WAIT_MS = 600_000;
const DEFAULT_ROUTE = { 4: "0.0.0.0/0", 6: "::/0" } as const;

const ownKeys = {
  routes: v.pipe(
    routesSchema,
    v.description("Routes for the result; without the key, a default route of each family."),
  ),
  sticky: stickySchema,
  wait: v.pipe(
    v.optional(v.string(), DEFAULT_WAIT),
    says({ pattern: DURATION }),
    v.description("How long an ADD waits for addresses before it fails with code 11, up to `10m`."),
  ),
};

const keys = v.object({ ...clusterKeys, ...ownKeys });

const ANY_SUBNET = {
  anyOf: [
    { required: ["subnet"], properties: { subnet: { type: "string" } } },
    { required: ["subnets"], properties: { subnets: { type: "array", minItems: 1 } } },
  ],
};

/** The keys of the plugin: they stand in `ipam`. */
export const schema: v.GenericSchema = v.object({
  ipam: v.pipe(keys, says(ANY_SUBNET), v.description("Settings of the plugin.")),
});

/** What one container wants of a subnet. */
export interface Wish {
  readonly subnet: Prefix;
  /** One address and no other. */
  readonly requested?: RequestedIp;
}

/** The configuration of the plugin, checked. */
export interface PluginConfig {
  readonly cluster: ClusterConfig;
  /** One for each subnet of the fleet, in their order. */
  readonly wishes: readonly Wish[];
  /** The name that the addresses follow. */
  readonly sticky: string | undefined;
  readonly routes: readonly Route[];
  readonly waitMs: number;
}

/** Where the reservations lie: all that DEL and GC need of the configuration. */
export function parseDir(ctx: Configured): ReservationDir {
  return pathsOf(parsePlace(ctx)).reservations;
}

/** What stands in `ipam`, and is the same for all containers. */
interface Settings extends Pick<PluginConfig, "cluster" | "routes" | "waitMs"> {
  /** By what names addresses follow containers. */
  readonly names: Sticky | undefined;
}

const known = new Remembered<Settings>();

function settingsOf(ctx: Context): Settings {
  const ipam = requiredIpam(ctx);
  return known.of(`${ctx.network} ${printJson(ipam)}`, () => parseSettings(ctx, ipam));
}

/** @throws CniError of code 7 */
function parseSettings(ctx: Context, ipam: JsonObject): Settings {
  const decoded = decode(keys, ipam, "ipam");
  const cluster = clusterOf(ctx, decoded);
  const { routes, sticky, wait } = decoded;
  const waitMs = parseDuration("wait", wait);
  if (waitMs > LONGEST_WAIT_MS) throw invalidConfig(`invalid wait ${wait}`, "at most 10m");
  const names = parseSticky(sticky, field(ipam, "sticky"));
  const isGiven = (field(ipam, "routes") ?? undefined) !== undefined;
  return {
    ...{ cluster, names, waitMs },
    routes: isGiven
      ? parseRoutes(routes)
      : cluster.fleet.subnets.map(({ family }) => ({ dst: DEFAULT_ROUTE[family] })),
  };
}

/**
 * Reads everything that ADD needs.
 * @throws CniError of code 7, or of code 4 for what stands in CNI_ARGS
 */
export function parseConfig(ctx: Context): PluginConfig {
  const { cluster, names, routes, waitMs } = settingsOf(ctx);
  const { subnets } = cluster.fleet;
  refuseBridge(ctx, subnets);
  if (ctx.operation === "STATUS" || ctx.operation === "GC") {
    const wishes = subnets.map((subnet) => ({ subnet }));
    return { cluster, wishes, sticky: undefined, routes: [], waitMs };
  }
  checkFamilies(
    ctx.cniVersion,
    subnets.map(({ family }) => family),
  );
  return {
    cluster,
    wishes: wishesOf(subnets, requestedIps(ctx, knownArgs(names))),
    sticky: stickyName(ctx, names),
    routes,
    waitMs,
  };
}

/** A bridge answers for other nodes' containers by proxy ARP, which IPv6 does not have. */
function refuseBridge({ config }: Pick<Context, "config">, subnets: readonly Prefix[]): void {
  const six = subnets.find(({ family }) => family === 6);
  if (six === undefined || field(config, "type") !== "bridge") return;
  throw invalidConfig(
    `the plugin bridge cannot reach the other nodes' containers of ${six}`,
    "use ptp, which routes each container by itself",
  );
}

function wishesOf(subnets: readonly Prefix[], requested: readonly RequestedIp[]): Wish[] {
  const open = [...requested];
  const wishes = subnets.map((subnet): Wish => {
    const at = open.findIndex(({ ip }) => subnet.contains(ip));
    const [wish] = at < 0 ? [] : open.splice(at, 1);
    if (wish === undefined) return { subnet };
    if (isReservedIn(subnet, wish.ip)) throw refuse(wish, subnet, wish.ip);
    return { subnet, requested: wish };
  });
  const [first] = open;
  if (first === undefined) return wishes;
  const list = open.map(({ ip }) => ip.toString()).join(" ");
  const places = [...new Set(open.map(({ from }) => from))].join(", ");
  throw new CniError(first.code, `failed to allocate all requested IPs: ${list}`, {
    details: `asked for by ${places}; each subnet of the fleet gives one address`,
  });
}

function refuse({ code, from }: RequestedIp, subnet: Prefix, ip: Ip): CniError {
  const what = ip.equals(subnet.ip) ? "network" : "broadcast";
  return new CniError(code, `requested ip ${ip} is the ${what} address of ${subnet}`, {
    details: `asked for by ${from}`,
  });
}
