import * as v from "valibot";
import { Mac } from "../../addr/index.ts";
import {
  type Context,
  cniArgs,
  type Delegate,
  decode,
  loadArgs,
  runtimeConfig,
} from "../../plugin/index.ts";
import { CniError, type Dns, ErrorCode, type JsonObject } from "../../spec/index.ts";

const MTU_MAX = 65_535;

const ipamSchema = v.object({ type: v.optional(v.string(), "") });

const dnsSchema = v.object({
  nameservers: v.optional(v.array(v.string())),
  domain: v.optional(v.string()),
  search: v.optional(v.array(v.string())),
  options: v.optional(v.array(v.string())),
});

const bridgeSchema = v.object({
  bridge: v.optional(v.string(), "cni0"),
  isGateway: v.optional(v.boolean(), false),
  isDefaultGateway: v.optional(v.boolean(), false),
  forceAddress: v.optional(v.boolean(), false),
  ipMasq: v.optional(v.boolean(), false),
  ipMasqBackend: v.optional(v.string()),
  mtu: v.optional(v.pipe(v.number(), v.integer()), 0),
  hairpinMode: v.optional(v.boolean(), false),
  promiscMode: v.optional(v.boolean(), false),
  vlan: v.optional(v.pipe(v.number(), v.integer()), 0),
  vlanTrunk: v.optional(v.array(v.unknown())),
  macspoofchk: v.optional(v.boolean(), false),
  enabledad: v.optional(v.boolean(), false),
  disableContainerInterface: v.optional(v.boolean(), false),
  portIsolation: v.optional(v.boolean(), false),
  ipam: v.optional(ipamSchema, { type: "" }),
  dns: v.optional(dnsSchema),
});

const macSchema = v.object({ mac: v.optional(v.string()) });

type Keys = v.InferOutput<typeof bridgeSchema>;

/** A bridge configuration after every check; what ADD and CHECK work with. */
export interface BridgeConfig {
  /** Name of the bridge. */
  readonly bridge: string;
  /** The bridge has the gateway's address; also set by `isDefaultGateway`. */
  readonly isGateway: boolean;
  readonly isDefaultGateway: boolean;
  /** An address that conflicts with the gateway's is taken away. */
  readonly forceAddress: boolean;
  readonly ipMasq: boolean;
  /** Absent or "": our own layout. */
  readonly ipMasqBackend?: string | undefined;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  readonly hairpinMode: boolean;
  readonly promiscMode: boolean;
  readonly macspoofchk: boolean;
  readonly enabledad: boolean;
  readonly disableContainerInterface: boolean;
  readonly portIsolation: boolean;
  /** What takes the place of IPAM's resolver settings. */
  readonly dns: Dns | undefined;
  /** Type of the IPAM plugin; "" means a network of layer 2 alone. */
  readonly ipamType: string;
  /** MAC that was asked for, by whichever way has precedence. */
  readonly mac: Mac | undefined;
}

const invalid = (msg: string): CniError => new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg);

/**
 * Reads and judges the configuration of an ADD or CHECK.
 * @throws CniError of code 7 (2 for VLAN keys, 4 for CNI_ARGS) before anything is touched.
 */
export function parseConfig(ctx: Context): BridgeConfig {
  const keys = decode(bridgeSchema, ctx.config);
  checkBridgeName(keys.bridge);
  if (keys.hairpinMode && keys.promiscMode) {
    throw invalid("cannot set hairpin mode and promiscuous mode at the same time");
  }
  if (keys.disableContainerInterface && keys.ipam.type !== "") {
    throw invalid("cannot use IPAM when DisableContainerInterface flag is set");
  }
  if (keys.mtu > MTU_MAX) throw invalid(`invalid MTU ${keys.mtu}, must be at most ${MTU_MAX}`);
  checkVlan(keys);
  checkBackend(keys);
  const { ipam: _ipam, vlan: _vlan, vlanTrunk: _trunk, ...rest } = keys;
  return {
    ...rest,
    // A negative MTU has always meant "the kernel's choice".
    mtu: Math.max(0, keys.mtu),
    isGateway: keys.isGateway || keys.isDefaultGateway,
    ipamType: keys.ipam.type,
    dns: overridingDns(keys),
    mac: requestedMac(ctx),
  };
}

/** The two keys that DEL, GC and STATUS need; everything else may be broken by then. */
export function parseIdentity(ctx: Context): { bridge: string; ipamType: string } {
  const lenient = v.object({
    bridge: v.fallback(v.optional(v.string(), "cni0"), "cni0"),
    ipam: v.fallback(v.optional(ipamSchema, { type: "" }), { type: "" }),
  });
  const keys = decode(lenient, ctx.config);
  return { bridge: keys.bridge, ipamType: keys.ipam.type };
}

/**
 * The IPAM plugin is given the same CNI_ARGS, and it refuses arguments that it does not know. `MAC`
 * is the bridge's own, so where the bridge has taken it the IPAM plugin is told to overlook it.
 */
export function ipamDelegate(ctx: Context): Delegate {
  const names = ctx.args.map(([name]) => name);
  if (!names.includes("MAC") || names.includes("IgnoreUnknown")) return ctx.delegate;
  return ctx.delegate.withVariables({ CNI_ARGS: `IgnoreUnknown=1;${ctx.rawArgs}` });
}

/** `dns` of the configuration takes the place of IPAM's when it says anything, an empty list too. */
function overridingDns(keys: Keys): Dns | undefined {
  const { dns } = keys;
  if (dns === undefined) return undefined;
  const lists = [dns.nameservers, dns.search, dns.options];
  const says = lists.some((list) => list !== undefined) || (dns.domain ?? "") !== "";
  if (!says) return undefined;
  const set = Object.entries(dns).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) satisfies Dns;
}

/** CNI_ARGS, then `args.cni`, then the capability: the later wins. */
function requestedMac(ctx: Context): Mac | undefined {
  const fromArgs = loadArgs(ctx.args, ["MAC"]).MAC;
  const fromConfig = macOf(cniArgs(ctx), "args.cni");
  const fromRuntime = macOf(runtimeConfig(ctx), "runtimeConfig");
  const text = [fromRuntime, fromConfig, fromArgs].find((mac) => mac !== undefined && mac !== "");
  if (text === undefined) return undefined;
  try {
    return Mac.parse(text);
  } catch (cause) {
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, `address ${text}: invalid MAC address`, {
      cause,
    });
  }
}

function macOf(object: JsonObject, where: string): string | undefined {
  return decode(macSchema, object, where).mac;
}

/** IFNAMSIZ counts the NUL; the kernel refuses "/", ":" and white space. */
function checkBridgeName(name: string): void {
  const bytes = new TextEncoder().encode(name).length;
  const bad = name === "" || bytes > 15 || name === "." || name === ".." || /[/:\s\0]/u.test(name);
  if (bad) {
    const rule = '1 to 15 bytes without "/", ":" and white space';
    throw invalid(`invalid bridge name ${JSON.stringify(name)}: it must have ${rule}`);
  }
}

function checkVlan(keys: Keys): void {
  if (keys.vlan < 0 || keys.vlan > 4094) {
    throw invalid(`invalid VLAN ID ${keys.vlan} (must be between 0 and 4094)`);
  }
  const [key, value] =
    keys.vlan === 0 ? ["vlanTrunk", JSON.stringify(keys.vlanTrunk)] : ["vlan", String(keys.vlan)];
  if (keys.vlan === 0 && (keys.vlanTrunk ?? []).length === 0) return;
  throw new CniError(
    ErrorCode.UNSUPPORTED_FIELD,
    `unsupported field "${key}" with value ${value}: bridge VLAN filtering is not available yet`,
  );
}

function checkBackend(keys: Keys): void {
  const backend = keys.ipMasqBackend ?? "";
  if (["", "iptables", "nftables"].includes(backend)) return;
  throw invalid(`unknown ipmasq backend ${JSON.stringify(backend)}`);
}
