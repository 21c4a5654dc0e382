import { Ip, Prefix } from "../../addr/index.ts";
import { type Exclusion, meets, mergeSpans, parseExclusions, type Span } from "./exclude.ts";

/** A range as configurations write it; an empty text counts as absent. */
export interface RangeSpec {
  subnet?: string | undefined;
  rangeStart?: string | undefined;
  rangeEnd?: string | undefined;
  gateway?: string | undefined;
}

/** Addresses of one subnet that may be handed out: `start` to `end`, both included. */
export interface Range {
  subnet: Prefix;
  start: Ip;
  end: Ip;
  /** Never handed out. */
  gateway: Ip;
  /** What is only handed out when asked for, and the gateway; in order, without overlaps. */
  excluded: readonly Span[];
  /** The entries of `exclude` that take addresses of the range, as the configuration has them. */
  excludedBy: readonly string[];
}

/** A pool: one address is taken from one of its ranges. All are of the same family. */
export type RangeSet = readonly Range[];

/** The smallest usable subnets: two addresses besides network and broadcast. */
const LONGEST_PREFIX = { 4: 30, 6: 126 } as const;

/**
 * Checks one range and fills in what it leaves out: the gateway is the first address after the
 * network's, the range starts there too and ends before the broadcast address (IPv4) or at the
 * last address (IPv6). `exclusions` may reach beyond it.
 * @throws RangeError that says what is wrong
 */
export function parseRange(spec: RangeSpec, exclusions: readonly Exclusion[] = []): Range {
  if (spec.subnet === undefined) throw new RangeError("a range has no subnet");
  const subnet = parseSubnet(spec.subnet);
  const firstHost = Ip.fromBigInt(subnet.family, subnet.ip.toBigInt() + 1n);
  const last = subnet.last();
  const start = parseIp(spec.rangeStart) ?? firstHost;
  const end = parseIp(spec.rangeEnd) ?? (subnet.family === 4 ? last.previous() : last);
  const gateway = parseIp(spec.gateway) ?? firstHost;
  if (gateway.family !== subnet.family) {
    throw new RangeError(`gateway ${gateway} is of another family than network ${subnet}`);
  }
  if (!subnet.contains(start)) throw new RangeError(`RangeStart ${start} not in network ${subnet}`);
  if (!subnet.contains(end)) throw new RangeError(`RangeEnd ${end} not in network ${subnet}`);
  // Also reached with the default end, when the start is the broadcast address itself.
  if (start.compare(end) > 0) {
    throw new RangeError(`RangeStart ${start} is after RangeEnd ${end} in network ${subnet}`);
  }
  const within = { family: subnet.family, from: start.toBigInt(), to: end.toBigInt() };
  const own = { family: gateway.family, from: gateway.toBigInt(), to: gateway.toBigInt() };
  const taking = exclusions.filter((exclusion) => meets(exclusion, within));
  const excluded = mergeSpans([own, ...taking], within);
  return { subnet, start, end, gateway, excluded, excludedBy: taking.map(({ text }) => text) };
}

/**
 * Checks the sets of a configuration, in its order, and takes out the addresses that `exclude`
 * lists.
 * @throws RangeError that names the set by its index
 */
export function parseRangeSets(
  specs: readonly (readonly RangeSpec[])[],
  exclude: readonly string[] = [],
): RangeSet[] {
  const exclusions = parseExclusions(exclude);
  const sets = specs.map((set, index) => {
    try {
      return parseRangeSet(set, exclusions);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`invalid range set ${index}: ${error.message}`, { cause: error });
    }
  });
  for (const [i, set] of sets.entries()) {
    for (const [j, other] of sets.entries()) {
      if (j > i && set.some((a) => other.some((b) => overlap(a, b)))) {
        throw new RangeError(`range set ${i} overlaps with ${j}`);
      }
    }
  }
  return sets;
}

/**
 * A piece of a subnet as a range: all its addresses, but those in `kept`.
 * @param gateway of the containers; it need not lie in the piece
 */
export function rangeOf(
  subnet: Prefix,
  piece: Prefix,
  { gateway, kept }: { readonly gateway: Ip; readonly kept: readonly Ip[] },
): Range {
  const { family } = piece;
  const [start, end] = [piece.first(), piece.last()];
  const excluded = mergeSpans(
    [gateway, ...kept].map((ip) => {
      const number = ip.toBigInt();
      return { family: ip.family, from: number, to: number };
    }),
    { family, from: start.toBigInt(), to: end.toBigInt() },
  );
  return { subnet, start, end, gateway, excluded, excludedBy: [] };
}

/** The set's range that holds the address. */
export function rangeFor(set: RangeSet, ip: Ip): Range | undefined {
  return set.find((range) => contains(range, ip));
}

/** `10.1.0.1-10.1.0.6,10.2.0.1-10.2.0.6` */
export function showRangeSet(set: RangeSet): string {
  return set.map(showRange).join(",");
}

/** What is allowed in a range but seldom meant, one sentence each. */
export function rangeWarnings(sets: readonly RangeSet[]): string[] {
  const warnings: string[] = [];
  for (const { subnet, start, end, gateway } of sets.flat()) {
    if (!subnet.contains(gateway) && !isOnEveryLink(gateway, subnet)) {
      warnings.push(`gateway ${gateway} is not in network ${subnet}: containers may not reach it`);
    }
    if (start.equals(subnet.ip)) {
      warnings.push(`the range ${start}-${end} includes the network address of ${subnet}`);
    }
    if (subnet.broadcast?.equals(end) === true) {
      warnings.push(`the range ${start}-${end} includes the broadcast address of ${subnet}`);
    }
  }
  return warnings;
}

/** Each link has the subnet of IPv6's link-local addresses: a router is often known by such a one. */
function isOnEveryLink(gateway: Ip, { family }: Prefix): boolean {
  return family === 6 && gateway.family === 6 && gateway.isLinkLocal;
}

/** How many addresses of the set can be handed out to a caller that asks for any. */
export function capacity(set: RangeSet): bigint {
  return set.reduce((sum, range) => {
    const lost = range.excluded.reduce((all, { from, to }) => all + to - from + 1n, 0n);
    return sum + size(range) - lost;
  }, 0n);
}

/**
 * Why no address of the set can be had but by asking for it: the configuration leaves none,
 * whatever is reserved. Undefined where it leaves some.
 */
export function nothingLeft(set: RangeSet): { msg: string; details: string } | undefined {
  if (capacity(set) > 0n) return undefined;
  const entries = [...new Set(set.flatMap(({ excludedBy }) => excludedBy))];
  const gateways = [...new Set(set.map(({ gateway }) => gateway.toString()))].join(", ");
  const exclude = entries.length === 0 ? "" : `exclude ${JSON.stringify(entries)} and `;
  return {
    msg: `the configuration leaves no IP address in range set: ${showRangeSet(set)}`,
    details: `${exclude}gateway ${gateways} take all; what they take is had only when asked for`,
  };
}

/** How many addresses lie between start and end. */
export function size(range: Range): bigint {
  return range.end.toBigInt() - range.start.toBigInt() + 1n;
}

function parseRangeSet(specs: readonly RangeSpec[], exclusions: readonly Exclusion[]): RangeSet {
  const [first, ...others] = specs.map((spec) => parseRange(spec, exclusions));
  if (first === undefined) throw new RangeError("empty range set");
  const set = [first, ...others];
  if (others.some((range) => range.subnet.family !== first.subnet.family)) {
    throw new RangeError("mixed address families");
  }
  for (const [i, range] of set.entries()) {
    const other = set.slice(i + 1).find((later) => overlap(range, later));
    if (other !== undefined) {
      throw new RangeError(`subnets ${showRange(range)} and ${showRange(other)} overlap`);
    }
  }
  return set;
}

function parseSubnet(text: string): Prefix {
  const subnet = Prefix.parse(text);
  if (subnet.family === 4 && text.includes(":")) {
    throw new RangeError("IPNet IP and Mask version mismatch");
  }
  if (subnet.length > LONGEST_PREFIX[subnet.family]) {
    throw new RangeError(`Network ${subnet} too small to allocate from`);
  }
  const network = subnet.network();
  if (!subnet.equals(network)) {
    throw new RangeError(
      "Network has host bits set. For a subnet mask of length " +
        `${subnet.length} the network address is ${network.ip}`,
    );
  }
  return subnet;
}

function parseIp(text: string | undefined): Ip | undefined {
  return text === undefined || text === "" ? undefined : Ip.parse(text);
}

function contains(range: Range, ip: Ip): boolean {
  return (
    ip.family === range.subnet.family && ip.compare(range.start) >= 0 && ip.compare(range.end) <= 0
  );
}

function overlap(a: Range, b: Range): boolean {
  return contains(a, b.start) || contains(b, a.start);
}

/** `10.1.0.1-10.1.0.6` */
export function showRange(range: Range): string {
  return `${range.start}-${range.end}`;
}
