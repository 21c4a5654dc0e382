import * as v from "valibot";
import { type Context, decode, rule } from "../../plugin/index.ts";
import { choice, choiceOf, invalidConfig } from "../../state/config/index.ts";

/** Which rules let packets through: those of our own layout, firewalld's too, or iptables' alone. */
export type FirewallBackend = "own" | "firewalld" | "iptables";

/** Which containers may begin connections to those behind a bridge. */
const INGRESS_POLICIES = ["open", "same-bridge", "isolated"] as const;
export type IngressPolicy = (typeof INGRESS_POLICIES)[number];

const MARK_BIT_MAX = 31;
/** No program that is known to mark packets uses it, but for Cilium, which has its own firewall. */
const MARK_BIT = 12;
const DEFAULT_CHAIN = "CNI-ADMIN";
const DEFAULT_ZONE = "trusted";
/** As iptables takes them: up to 28 bytes that no option begins with. */
const CHAIN_NAME = /^[A-Za-z0-9_][\w.:+-]{0,27}$/u;
const ZONE_NAME = /^[\w/-]+$/u;

const BACKENDS: ReadonlyMap<string, FirewallBackend> = new Map([
  ["nftables", "own"],
  ["firewalld", "firewalld"],
  ["iptables", "iptables"],
]);

const backendName = rule({ enum: [...BACKENDS.keys(), ""] }, (name: string) => {
  if (name === "" || BACKENDS.has(name)) return;
  throw invalidConfig(
    `unrecognized backend ${JSON.stringify(name)}`,
    `one of ${[...BACKENDS.keys()].join(", ")}, or none`,
  );
});

const chainName = rule({ pattern: CHAIN_NAME.source }, (name: string) => {
  if (CHAIN_NAME.test(name)) return;
  throw invalidConfig(
    `iptablesAdminChainName ${JSON.stringify(name)} is no name of an iptables chain`,
  );
});

const zoneName = rule({ pattern: ZONE_NAME.source }, (name: string) => {
  if (ZONE_NAME.test(name)) return;
  throw invalidConfig(`firewalldZone ${JSON.stringify(name)} is no name of a zone`);
});

const markBitRule = rule({ minimum: 0, maximum: MARK_BIT_MAX }, (bit: number) => {
  if (bit >= 0 && bit <= MARK_BIT_MAX) return;
  throw invalidConfig(`markBit ${bit} must be between 0 and ${MARK_BIT_MAX}`);
});

const keysSchema = v.object({
  backend: v.pipe(
    v.optional(v.pipe(v.string(), backendName), ""),
    v.description(
      "Who lets packets through: `nftables` (our own layout), `firewalld` (that, and a zone), `iptables` (the Go plugin's layout); when absent or empty `firewalld` where it runs, else `nftables`.",
    ),
  ),
  ingressPolicy: v.pipe(
    v.optional(v.pipe(v.string(), choiceOf("ingress policy", INGRESS_POLICIES)), ""),
    v.description(
      "Who reaches containers behind the bridge: `open` (everybody, the default), `same-bridge` (no container behind another bridge of this kind), `isolated` (nor a neighbour on the same bridge).",
    ),
  ),
  iptablesAdminChainName: v.pipe(
    v.optional(v.pipe(v.string(), chainName), DEFAULT_CHAIN),
    v.description(
      "Chain of iptables in which an administrator overrules what containers are allowed; at most 28 bytes.",
    ),
  ),
  firewalldZone: v.pipe(
    v.optional(v.pipe(v.string(), zoneName), DEFAULT_ZONE),
    v.description("Zone of firewalld that the container's addresses become sources of."),
  ),
  markBit: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), markBitRule), MARK_BIT),
    v.description(
      "Bit of the packet mark, 0 to 31, that containers' packets bear while iptables looks at them.",
    ),
  ),
});

/** The keys of the plugin. */
export const schema: v.GenericSchema = keysSchema;

/** A firewall configuration after every check. */
export interface FirewallConfig {
  /** Absent where the choice is left to whether firewalld runs. */
  readonly backend: FirewallBackend | undefined;
  readonly ingressPolicy: IngressPolicy;
  /** The chain of iptables in which an administrator overrules what containers are allowed. */
  readonly adminChain: string;
  /** The zone of firewalld that containers belong to. */
  readonly zone: string;
  /** Bit of the packet mark, 0 to 31, by which our own layout tells iptables what to accept. */
  readonly markBit: number;
}

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7.
 */
export function parseConfig(ctx: Pick<Context, "config">): FirewallConfig {
  const keys = decode(keysSchema, ctx.config);
  const { iptablesAdminChainName: adminChain, firewalldZone: zone, markBit } = keys;
  const backend = BACKENDS.get(keys.backend);
  const ingressPolicy = choice("ingress policy", INGRESS_POLICIES, keys.ingressPolicy);
  return { backend, ingressPolicy, adminChain, zone, markBit };
}

const lenient = v.object({
  backend: v.fallback(keysSchema.entries.backend, ""),
  firewalldZone: v.fallback(keysSchema.entries.firewalldZone, DEFAULT_ZONE),
});

/** For DEL and GC, which have to go on: what cannot be read has its default. */
export function parseLeniently(
  ctx: Pick<Context, "config">,
): Pick<FirewallConfig, "backend" | "zone" | "markBit"> {
  const { backend, firewalldZone: zone } = decode(lenient, ctx.config);
  return { backend: BACKENDS.get(backend), zone, markBit: MARK_BIT };
}
