import * as v from "valibot";
import { Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { type Context, decode, loadArgs } from "../../plugin/index.ts";
import { CniError, type Dns, ErrorCode, type IpConfig, type Route } from "../../spec/index.ts";
import {
  configuredDns,
  invalidConfig,
  optionalAddressText,
  optionalDns,
  prefixText,
} from "../../state/config/index.ts";
import {
  checkFamilies,
  parseRoutes,
  requestedTexts,
  requiredIpam,
  routesSchema,
} from "../../state/ipam-config/index.ts";

const cidr = prefixText((text) => {
  return invalidConfig(`the 'address' field is expected to be in CIDR notation, got: '${text}'`);
});

const gatewayRule = optionalAddressText((text) => {
  return invalidConfig(`invalid gateway address: ${text}`);
});

const address = v.object({
  address: v.pipe(
    v.string(),
    cidr,
    v.description("Address with the length of its subnet's prefix."),
  ),
  gateway: v.pipe(
    v.optional(v.pipe(v.string(), gatewayRule), ""),
    v.description("Gateway of the subnet."),
  ),
});

const keys = v.object({
  addresses: v.pipe(
    v.optional(v.array(address), []),
    v.description("Addresses of the interface, in their order."),
  ),
  routes: routesSchema,
  dns: optionalDns,
});

/** The keys of the plugin: they stand in `ipam`. */
export const schema: v.GenericSchema = v.object({
  ipam: v.pipe(keys, v.description("Settings of the plugin.")),
});

/** What static hands on. */
export interface StaticConfig {
  readonly ips: IpConfig[];
  readonly routes: Route[];
  readonly dns: Dns;
  /** Addresses whose gateway was said of another address of their subnet. */
  readonly inheriting: ReadonlySet<string>;
  /** Gateways of the configuration that no address has. */
  readonly unused: readonly string[];
}

interface Address {
  readonly prefix: Prefix;
  readonly gateway?: Ip | undefined;
}

interface Gatewayed extends Address {
  readonly gateway: Ip;
}

/**
 * Reads everything. The capability `ips` replaces `args.cni.ips`, which replace the addresses of the
 * configuration and, behind them, those of CNI_ARGS. Addresses that replace others have no gateways of
 * their own: each gets that of its subnet.
 * @throws CniError of code 7, or 4 for what stands in CNI_ARGS.
 */
export function parseConfig(ctx: Context): StaticConfig {
  const config = decode(keys, requiredIpam(ctx), "ipam");
  const fromConfig = [...config.addresses.map(parseAddress), ...addressesOfArgs(ctx)];
  const gateways = gatewaysOfArgs(ctx);
  const { fromArgs, fromRuntime } = requestedTexts(ctx);
  const replacing = [fromRuntime, fromArgs].find((list) => list.length > 0);
  const known = fromConfig.filter((each): each is Gatewayed => each.gateway !== undefined);
  const addresses = replacing && parseList(replacing).map((each) => inherit(each, known));
  const chosen = distinct(gateways.reduce(assign, addresses ?? fromConfig));
  checkFamilies(
    ctx.cniVersion,
    chosen.map(({ prefix }) => prefix.family),
  );
  return {
    ips: chosen.map(({ prefix, gateway }) => ({
      address: prefix.toString(),
      ...defined({ gateway: gateway?.toString() }),
    })),
    routes: parseRoutes(config.routes),
    dns: configuredDns(config.dns),
    inheriting: new Set((addresses ?? []).map(({ prefix }) => prefix.toString())),
    unused: known.filter((each) => isUnused(each, chosen)).map(({ gateway }) => gateway.toString()),
  };
}

/** Addresses of the gateway's family were asked for, and none has any gateway. */
function isUnused({ gateway: { family } }: Gatewayed, chosen: readonly Address[]): boolean {
  const same = chosen.filter(({ prefix }) => prefix.family === family);
  return same.length > 0 && same.every(({ gateway }) => gateway === undefined);
}

/** The gateway that the configuration has in the address's subnet, or for an address of it. */
function inherit({ prefix }: Address, known: readonly Gatewayed[]): Address {
  const network = prefix.network();
  const found =
    known.find(({ gateway }) => prefix.contains(gateway)) ??
    known.find((other) => other.prefix.network().equals(network));
  return { prefix, ...defined({ gateway: found?.gateway }) };
}

function parseAddress(spec: v.InferOutput<typeof address>): Address {
  const prefix = Prefix.parse(spec.address);
  return spec.gateway === "" ? { prefix } : { prefix, gateway: Ip.parse(spec.gateway) };
}

function addressesOfArgs(ctx: Context): Address[] {
  const what = "the 'ip' field is expected to be in CIDR notation";
  const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
  return listOf(argsOf(ctx).IP).map((text) => ({ prefix: parsePrefix(text, what, code) }));
}

function gatewaysOfArgs(ctx: Context): Ip[] {
  return listOf(argsOf(ctx).GATEWAY).map(parseGateway);
}

function argsOf(ctx: Context): { IP?: string; GATEWAY?: string } {
  return loadArgs(ctx.args, ["IP", "GATEWAY"]);
}

/** Each address whose subnet holds the gateway gets it. */
function assign(addresses: readonly Address[], gateway: Ip): Address[] {
  return addresses.map((each) => (each.prefix.contains(gateway) ? { ...each, gateway } : each));
}

function parseList(texts: readonly string[]): Address[] {
  const what = "an entry in the 'ips' field is NOT in CIDR notation";
  return texts.map((text) => ({
    prefix: parsePrefix(text, what, ErrorCode.INVALID_NETWORK_CONFIG),
  }));
}

function distinct(addresses: readonly Address[]): Address[] {
  return addresses.filter(
    ({ prefix }, at) => addresses.findIndex((other) => other.prefix.equals(prefix)) === at,
  );
}

function listOf(text: string | undefined): string[] {
  return (text ?? "") === "" ? [] : (text ?? "").split(",").map((part) => part.trim());
}

function parsePrefix(text: string, what: string, code: number): Prefix {
  const prefix = text.includes("/") ? Prefix.tryParse(text) : undefined;
  if (prefix !== undefined) return prefix;
  throw new CniError(code, `${what}, got: '${text}'`);
}

function parseGateway(text: string): Ip {
  const gateway = Ip.tryParse(text);
  if (gateway !== undefined) return gateway;
  const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
  throw new CniError(code, `invalid gateway address: ${text}`);
}
