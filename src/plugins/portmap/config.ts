import * as v from "valibot";
import { Ip, Prefix } from "../../addr/index.ts";
import { type Context, decode, rule, runtimeConfig, says } from "../../plugin/index.ts";
import { invalidConfig, optionalAddressText, prefixText } from "../../state/config/index.ts";
import { conflictOf, type PortMapping, PROTOCOLS, type Protocol } from "./kind/mapping.ts";

const PORT_MAX = 65_535;
const MARK_BIT_MAX = 31;
const DEFAULT_MARK_BIT = 13;
/** As iptables takes them: up to 28 bytes that no option begins with. */
const CHAIN_NAME = /^[A-Za-z0-9_][\w.:+-]{0,27}$/u;

const integer = v.pipe(v.number(), v.integer());

const markBit = rule({ minimum: 0, maximum: MARK_BIT_MAX }, (bit: number) => {
  if (bit < 0 || bit > MARK_BIT_MAX) throw invalidConfig("MasqMarkBit must be between 0 and 31");
});

const chainName = rule({ pattern: CHAIN_NAME.source }, (name: string) => {
  if (CHAIN_NAME.test(name)) return;
  throw invalidConfig(
    `externalSetMarkChain ${JSON.stringify(name)} is no name of an iptables chain`,
  );
});

const backendName = rule({ enum: ["iptables", "nftables", ""] }, (name: string) => {
  if (["iptables", "nftables", ""].includes(name)) return;
  throw invalidConfig(`unrecognized backend ${JSON.stringify(name)}`);
});

/** Conditions are words of a rule: they must not be able to end it and begin another. */
const condition = rule({ pattern: String.raw`^[^\0-\x1f;#]*$` }, (text: string) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (!/[\0-\x1f;#]/u.test(text)) return;
  throw invalidConfig(`condition ${JSON.stringify(text)} holds a character that ends a rule`);
});

const conditions = v.optional(v.array(v.pipe(v.string(), condition)), []);

const conflict = rule({ enum: ["wait", "refuse"] }, (text: string) => {
  if (text === "wait" || text === "refuse") return;
  throw invalidConfig(`portConflict ${JSON.stringify(text)} is neither "wait" nor "refuse"`);
});

const subnet = prefixText((text) => {
  return invalidConfig(`exceptDestinations: ${JSON.stringify(text)} is no subnet`);
});

const configSchema = v.object({
  backend: v.pipe(
    v.optional(v.pipe(v.string(), backendName), ""),
    v.description(
      "`iptables` or `nftables`: the layout of the Go plugin of that backend; our own when absent.",
    ),
  ),
  snat: v.pipe(
    v.optional(v.boolean(), true),
    v.description(
      "Connections whose answers would miss the host are masqueraded: from its loopback and from the container's neighbours.",
    ),
  ),
  masqAll: v.pipe(
    v.optional(v.boolean(), false),
    v.description("With `snat`: all are, so that the container sees the host's address only."),
  ),
  markMasqBit: v.pipe(
    v.optional(v.pipe(integer, markBit)),
    v.description(
      `Bit of the packet mark, 0 to 31, that the iptables layout uses; ${DEFAULT_MARK_BIT} when absent.`,
    ),
  ),
  externalSetMarkChain: v.pipe(
    v.optional(v.pipe(v.string(), chainName)),
    v.description(
      "iptables only: a chain of somebody else that marks for masquerading, such as `KUBE-MARK-MASQ`; not with `markMasqBit`.",
    ),
  ),
  conditionsV4: v.pipe(
    conditions,
    v.description(
      "Further matches of the rules that lead to mappings, in the words of iptables (the first begins with `-` or `!`) or nft.",
    ),
  ),
  conditionsV6: v.pipe(conditions, v.description("The same for IPv6.")),
  portConflict: v.pipe(
    v.optional(v.pipe(v.string(), conflict), "wait"),
    v.description(
      '`"wait"`: a port that another container has is mapped when that one is gone; `"refuse"`: ADD fails (code 11). Without `backend` only.',
    ),
  ),
  exceptDestinations: v.pipe(
    v.optional(v.array(v.pipe(v.string(), subnet)), []),
    v.description(
      "Subnets whose ports are never mapped although they are local to the host, such as a cluster's services `10.96.0.0/12`. Without `backend` only.",
    ),
  ),
});

/** Absent is 0, which is refused. */
function port(whose: "host" | "container"): v.GenericSchema<unknown, number> {
  const number = rule({ minimum: 1, maximum: PORT_MAX }, (first: number) => {
    if (first > 0 && first <= PORT_MAX) return;
    throw invalidConfig(`Invalid ${whose} port number: ${first}`);
  });
  return v.pipe(v.optional(v.pipe(integer, number), 0), says({}, { required: true }));
}

/** As the Go plugin has it: a name in any case, and "" for TCP. */
const protocolName = rule(
  { pattern: `^(?:${PROTOCOLS.map(inAnyCase).join("|")})?$` },
  (text: string) => void parseProtocol(text),
);

function inAnyCase(text: string): string {
  return text.replaceAll(/[a-z]/gu, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

const hostAddress = optionalAddressText((text) => {
  return invalidConfig(`invalid hostIP ${JSON.stringify(text)}`);
});

const mappingsSchema = v.object({
  portMappings: v.pipe(
    v.optional(
      v.array(
        v.object({
          hostPort: v.pipe(port("host"), v.description("Port of the host, 1 to 65535; required.")),
          containerPort: v.pipe(
            port("container"),
            v.description("Port of the container; required."),
          ),
          protocol: v.pipe(
            v.optional(v.pipe(v.string(), protocolName), "tcp"),
            v.description(`One of ${PROTOCOLS.map((each) => `\`${each}\``).join(", ")}.`),
          ),
          hostIP: v.pipe(
            v.optional(v.pipe(v.string(), hostAddress), ""),
            v.description("The mapping is of this address of the host alone."),
          ),
          range: v.pipe(
            v.optional(v.pipe(integer, says({ minimum: 1, maximum: PORT_MAX })), 1),
            v.description("How many neighbouring ports are mapped alike."),
          ),
        }),
      ),
      [],
    ),
    v.description("The mappings."),
  ),
});

/** The keys of the plugin. */
export const schema: v.GenericSchema = v.object({
  ...configSchema.entries,
  runtimeConfig: v.pipe(
    v.optional(mappingsSchema),
    v.description("Filled in by the runtime, when capability `portMappings` is declared."),
  ),
});

/** The layout of the rules: Hawser's own maps, or the layout that the name stands for. */
export const BACKENDS = ["own", "iptables", "nftables"] as const;
export type Backend = (typeof BACKENDS)[number];

/** A portmap configuration after every check. */
export interface PortmapConfig {
  readonly backend: Backend;
  /** Whether replies that would go past the host are led back through it. */
  readonly snat: boolean;
  /** All connections are masqueraded, not only those of the host and of neighbours. */
  readonly masqAll: boolean;
  /** Bit of the packet mark, 0 to 31; iptables only. */
  readonly markMasqBit: number;
  /** Chain of another program that marks packets for masquerading; iptables only. */
  readonly externalSetMarkChain: string | undefined;
  readonly conditionsV4: readonly string[];
  readonly conditionsV6: readonly string[];
  /** What becomes of a mapping whose port another container has; own layout only. */
  readonly portConflict: "wait" | "refuse";
  /** Local destinations that keep their ports; own layout only. */
  readonly exceptDestinations: readonly Prefix[];
  readonly mappings: readonly PortMapping[];
}

/** Reads and judges configuration and port mappings. */
export function parseConfig(ctx: Pick<Context, "config">): PortmapConfig {
  const keys = decode(configSchema, ctx.config);
  const chain = keys.externalSetMarkChain;
  if (chain !== undefined && keys.markMasqBit !== undefined) {
    throw invalidConfig("Cannot specify externalSetMarkChain and markMasqBit");
  }
  const markMasqBit = keys.markMasqBit ?? DEFAULT_MARK_BIT;
  for (const conditions of [keys.conditionsV4, keys.conditionsV6]) checkQuotes(conditions);
  const backend = chooseBackend(keys.backend, keys);
  return {
    backend,
    snat: keys.snat,
    masqAll: keys.masqAll,
    markMasqBit,
    externalSetMarkChain: chain,
    conditionsV4: keys.conditionsV4,
    conditionsV6: keys.conditionsV6,
    portConflict: parsePortConflict(keys.portConflict, backend),
    exceptDestinations: parseExcept(keys.exceptDestinations, backend),
    mappings: parseMappings(ctx),
  };
}

function parsePortConflict(text: string, backend: Backend): PortmapConfig["portConflict"] {
  if (text !== "refuse") return "wait";
  if (backend === "own") return text;
  throw invalidConfig(`portConflict "refuse" does not go with the ${backend} backend`);
}

function parseExcept(texts: readonly string[], backend: Backend): Prefix[] {
  if (texts.length > 0 && backend !== "own") {
    throw invalidConfig(`exceptDestinations do not go with the ${backend} backend`);
  }
  const subnets = texts.map((text) => Prefix.parse(text).network());
  return [...new Map(subnets.map((subnet) => [subnet.toString(), subnet])).values()];
}

function parseMappings(ctx: Pick<Context, "config">): PortMapping[] {
  const { portMappings } = decode(mappingsSchema, runtimeConfig(ctx), "runtimeConfig");
  const mappings = portMappings.flatMap(({ hostPort, containerPort, protocol, hostIP, range }) => {
    checkRange("container", containerPort, range);
    checkRange("host", hostPort, range);
    const hostIp = hostIP === "" ? undefined : Ip.parse(hostIP);
    const rest = { protocol: parseProtocol(protocol), hostIp };
    return Array.from({ length: range }, (_, at) => {
      return { hostPort: hostPort + at, containerPort: containerPort + at, ...rest };
    });
  });
  const [one, other] = conflictOf(mappings) ?? [];
  if (one === undefined || other === undefined) return mappings;
  const ports = `${one.containerPort} and ${other.containerPort}`;
  throw invalidConfig(
    `${one.protocol} host port ${one.hostPort} is mapped twice, to ports ${ports}`,
  );
}

function checkRange(whose: string, first: number, count: number): void {
  if (count >= 1 && first + count - 1 <= PORT_MAX) return;
  throw invalidConfig(`Invalid range ${count} of ${whose} ports from ${first} on`);
}

/** For DEL, which goes on with what it knows. */
export function parseMappingsLeniently(ctx: Pick<Context, "config">): PortMapping[] {
  try {
    return parseMappings(ctx);
  } catch {
    return [];
  }
}

function parseProtocol(text: string): Protocol {
  const name = text === "" ? "tcp" : text.toLowerCase();
  const protocol = PROTOCOLS.find((each) => each === name);
  if (protocol !== undefined) return protocol;
  throw invalidConfig(`invalid protocol ${JSON.stringify(text)}: one of ${PROTOCOLS.join(", ")}`);
}

/** A quote without its end would take in what follows in the rule. */
function checkQuotes(conditions: readonly string[]): void {
  const text = conditions.join(" ");
  if (text.split('"').length % 2 === 0) {
    throw invalidConfig(`conditions ${JSON.stringify(text)} have a quote without its end`);
  }
}

interface BackendHints {
  readonly externalSetMarkChain?: string | undefined;
  readonly conditionsV4: readonly string[];
  readonly conditionsV6: readonly string[];
}

/** Conditions and foreign chains are in the language of one backend, and so choose it. */
function chooseBackend(name: string, hints: BackendHints): Backend {
  const wanted = { iptables: [] as string[], nftables: [] as string[] };
  if (hints.externalSetMarkChain !== undefined) wanted.iptables.push("externalSetMarkChain");
  for (const key of ["conditionsV4", "conditionsV6"] as const) {
    const [first] = hints[key];
    if (first !== undefined) wanted[/^[-!]/u.test(first) ? "iptables" : "nftables"].push(key);
  }
  const { iptables, nftables } = wanted;
  if (name === "") {
    if (iptables.length > 0 && nftables.length > 0) {
      throw invalidConfig(
        `${iptables.join(" and ")} are for the iptables backend, but ${nftables.join(" and ")} for nftables`,
      );
    }
    if (iptables.length > 0) return "iptables";
    return nftables.length > 0 ? "nftables" : "own";
  }
  const [own, other] =
    name === "iptables" ? (["iptables", "nftables"] as const) : (["nftables", "iptables"] as const);
  if (wanted[other].length === 0) return own;
  throw invalidConfig(
    `${name} backend was requested but configuration contains ${other}-specific options [${wanted[other].join(" ")}]`,
  );
}
