import * as v from "valibot";
import { Ip, Prefix } from "../../addr/index.ts";
import { type Context, decode, runtimeConfig } from "../../plugin/index.ts";
import { invalidConfig } from "../../spec/index.ts";
import { conflictOf, type PortMapping, PROTOCOLS, type Protocol } from "./kind/mapping.ts";

const PORT_MAX = 65_535;
const MARK_BIT_MAX = 31;
const DEFAULT_MARK_BIT = 13;
/** As iptables takes them: up to 28 bytes that no option begins with. */
const CHAIN_NAME = /^[A-Za-z0-9_][\w.:+-]{0,27}$/u;

const integer = v.pipe(v.number(), v.integer());

const conditions = v.optional(v.array(v.string()), []);

const configSchema = v.object({
  backend: v.pipe(
    v.optional(v.string(), ""),
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
    v.optional(integer),
    v.description(
      `Bit of the packet mark, 0 to 31, that the iptables layout uses; ${DEFAULT_MARK_BIT} when absent.`,
    ),
  ),
  externalSetMarkChain: v.pipe(
    v.optional(v.string()),
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
    v.optional(v.string(), "wait"),
    v.description(
      '`"wait"`: a port that another container has is mapped when that one is gone; `"refuse"`: ADD fails (code 11). Without `backend` only.',
    ),
  ),
  exceptDestinations: v.pipe(
    v.optional(v.array(v.string()), []),
    v.description(
      "Subnets whose ports are never mapped although they are local to the host, such as a cluster's services `10.96.0.0/12`. Without `backend` only.",
    ),
  ),
});

/** Absent is 0, which is refused. */
const port = v.optional(integer, 0);

const mappingsSchema = v.object({
  portMappings: v.pipe(
    v.optional(
      v.array(
        v.object({
          hostPort: v.pipe(port, v.description("Port of the host, 1 to 65535; required.")),
          containerPort: v.pipe(port, v.description("Port of the container; required.")),
          protocol: v.pipe(
            v.optional(v.string(), "tcp"),
            v.description(`One of ${PROTOCOLS.map((each) => `\`${each}\``).join(", ")}.`),
          ),
          hostIP: v.pipe(
            v.optional(v.string(), ""),
            v.description("The mapping is of this address of the host alone."),
          ),
          range: v.pipe(
            v.optional(integer, 1),
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
  if (chain !== undefined && !CHAIN_NAME.test(chain)) {
    throw invalidConfig(
      `externalSetMarkChain ${JSON.stringify(chain)} is no name of an iptables chain`,
    );
  }
  const markMasqBit = keys.markMasqBit ?? DEFAULT_MARK_BIT;
  if (markMasqBit < 0 || markMasqBit > MARK_BIT_MAX) {
    throw invalidConfig("MasqMarkBit must be between 0 and 31");
  }
  for (const conditions of [keys.conditionsV4, keys.conditionsV6]) checkConditions(conditions);
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
  if (text !== "wait" && text !== "refuse") {
    throw invalidConfig(`portConflict ${JSON.stringify(text)} is neither "wait" nor "refuse"`);
  }
  if (text === "wait" || backend === "own") return text;
  throw invalidConfig(`portConflict "refuse" does not go with the ${backend} backend`);
}

function parseExcept(texts: readonly string[], backend: Backend): Prefix[] {
  if (texts.length > 0 && backend !== "own") {
    throw invalidConfig(`exceptDestinations do not go with the ${backend} backend`);
  }
  const subnets = texts.map((text) => {
    const prefix = Prefix.tryParse(text);
    if (prefix !== undefined) return prefix.network();
    throw invalidConfig(`exceptDestinations: ${JSON.stringify(text)} is no subnet`);
  });
  return [...new Map(subnets.map((subnet) => [subnet.toString(), subnet])).values()];
}

function parseMappings(ctx: Pick<Context, "config">): PortMapping[] {
  const { portMappings } = decode(mappingsSchema, runtimeConfig(ctx), "runtimeConfig");
  const mappings = portMappings.flatMap(({ hostPort, containerPort, protocol, hostIP, range }) => {
    checkPorts("container", containerPort, range);
    checkPorts("host", hostPort, range);
    const rest = { protocol: parseProtocol(protocol), hostIp: parseHostIp(hostIP) };
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

function checkPorts(whose: string, first: number, count: number): void {
  if (first <= 0 || first > PORT_MAX) throw invalidConfig(`Invalid ${whose} port number: ${first}`);
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

function parseHostIp(text: string): Ip | undefined {
  if (text === "") return undefined;
  const ip = Ip.tryParse(text);
  if (ip === undefined) throw invalidConfig(`invalid hostIP ${JSON.stringify(text)}`);
  return ip;
}

/** Conditions are words of a rule: they must not be able to end it and begin another. */
function checkConditions(conditions: readonly string[]): void {
  for (const condition of conditions) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    if (/[\0-\x1f;#]/u.test(condition)) {
      throw invalidConfig(
        `condition ${JSON.stringify(condition)} holds a character that ends a rule`,
      );
    }
  }
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
  if (name !== "iptables" && name !== "nftables") {
    throw invalidConfig(`unrecognized backend ${JSON.stringify(name)}`);
  }
  const other = name === "iptables" ? "nftables" : "iptables";
  if (wanted[other].length === 0) return name;
  throw invalidConfig(
    `${name} backend was requested but configuration contains ${other}-specific options [${wanted[other].join(" ")}]`,
  );
}
