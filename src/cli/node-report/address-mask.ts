import { type Family, Ip, type Prefix } from "../../addr/index.ts";

/**
 * Stand-ins for addresses, the same one for the same address wherever it stands. They are of blocks that no
 * network has, so that they are not taken for real: 240.0.0.0/4, which is reserved, and 3fff::/20, which is
 * for documentation. An address of a known subnet keeps its place there, so that ranges can be drawn.
 */

const WIDTH = { 4: 32n, 6: 128n } as const;
/** Where stand-ins of subnets and of single addresses begin, and where they end. */
const SUBNETS = { 4: [240n << 24n, 250n << 24n], 6: [0x3fff_0001n << 96n, 0x3fff_1000n << 96n] };
const SINGLE = { 4: 250n << 24n, 6: 0x3fff_0000n << 96n } as const;
/** Wider subnets would need too much of those blocks. */
const WIDEST = { 4: 8, 6: 32 } as const;

const HEX = "[0-9a-fA-F]";
const MAC = `(?<![0-9a-zA-Z:])${HEX}{2}(?::${HEX}{2}){5,19}(?![0-9a-zA-Z]|:${HEX})`;
const DOTTED = "(?:\\d{1,3}\\.){3}\\d{1,3}";
const IP6 = `(?<![0-9a-zA-Z.])(?:${HEX}{0,4}:){2,7}(?:${DOTTED}|${HEX}{0,4})`;
const IP4 = `(?<![0-9.])${DOTTED}(?![0-9]|\\.[0-9])`;
/** As it stands in names of sets, whose names have no colons, before the length of its prefix. */
const IN_NAME = `(?<![0-9a-zA-Z])(?:${HEX}{0,4}_){2,7}${HEX}{0,4}(?=/\\d)`;
const ADDRESSES = new RegExp(`(${MAC})|(${IP6})|(${IN_NAME})|(${IP4})`, "gu");

interface StandInSubnet {
  readonly subnet: Prefix;
  readonly first: bigint;
}

export class AddressMask {
  readonly #subnets: readonly StandInSubnet[];
  readonly #known = new Map<string, string>();
  readonly #singles: Record<Family, bigint> = { 4: 0n, 6: 0n };
  #macs = 0;

  /** @param subnets whose addresses keep their place in them, such as those of ranges */
  constructor(subnets: readonly Prefix[] = []) {
    this.#subnets = standIns(subnets);
  }

  /** How many addresses have a stand-in. */
  get size(): number {
    return this.#known.size;
  }

  /** A text with a stand-in for each address in it; lengths of prefixes, ports and all else stay. */
  text(text: string): string {
    return text.replace(ADDRESSES, (found: string, mac?: string, six?: string, name?: string) => {
      if (mac !== undefined) return this.#mac(mac);
      if (six !== undefined) return this.#six(six);
      if (name === undefined) return this.#ip(found) ?? found;
      return this.#ip(name.replaceAll("_", ":"))?.replaceAll(":", "_") ?? found;
    });
  }

  /** The same for each text and key of a JSON value. */
  value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((each: unknown) => this.value(each));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([key, each]) => [this.text(key), this.value(each)]);
    return Object.fromEntries(entries) as unknown;
  }

  /** What looks like IPv6 may have a colon of the sentence at either end. */
  #six(found: string): string {
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const core = found.slice(start, found.length - end);
      const cut = [found.slice(0, start), found.slice(found.length - end)];
      if (cut.some((piece) => piece !== "" && piece !== ":")) continue;
      const standIn = core.includes(":") ? this.#ip(core) : undefined;
      if (standIn !== undefined) return `${cut[0]}${standIn}${cut[1]}`;
    }
    return found;
  }

  /** Undefined for what is no address. What is the same on every machine stays. */
  #ip(text: string): string | undefined {
    const ip = Ip.tryParse(text);
    if (ip === undefined) return undefined;
    if (ip.isLoopback || ip.isUnspecified || ip.isMulticast) return text;
    if (!ip.isGlobalUnicast && !ip.isLinkLocal) return text;
    return this.#remembered(ip.toString(), () => this.#standIn(ip));
  }

  #standIn(ip: Ip): string {
    const { family } = ip;
    const within = this.#subnets.find(({ subnet }) => subnet.contains(ip));
    if (within === undefined) {
      this.#singles[family] += 1n;
      return Ip.fromBigInt(family, SINGLE[family] + this.#singles[family]).toString();
    }
    const place = ip.toBigInt() - within.subnet.network().ip.toBigInt();
    return Ip.fromBigInt(family, within.first + place).toString();
  }

  #mac(mac: string): string {
    const plain = mac.toLowerCase();
    if (/^(?:00:)*00$|^(?:ff:)*ff$/u.test(plain)) return mac;
    return this.#remembered(plain, () => {
      const digits = (++this.#macs).toString(16).padStart(10, "0");
      return `02:${digits.match(/../gu)?.join(":") ?? ""}`;
    });
  }

  #remembered(key: string, make: () => string): string {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}

/** A block for each of the subnets that no other one contains. */
function standIns(subnets: readonly Prefix[]): StandInSubnet[] {
  const next: Record<Family, bigint> = { 4: SUBNETS[4][0] ?? 0n, 6: SUBNETS[6][0] ?? 0n };
  const taken: StandInSubnet[] = [];
  const widestFirst = subnets.toSorted((one, other) => one.length - other.length);
  for (const subnet of widestFirst) {
    const { family } = subnet.ip;
    if (subnet.length < WIDEST[family]) continue;
    if (taken.some((each) => each.subnet.contains(subnet.ip))) continue;
    const size = 1n << (WIDTH[family] - BigInt(subnet.length));
    const first = ((next[family] + size - 1n) / size) * size;
    if (first + size > (SUBNETS[family][1] ?? 0n)) continue;
    next[family] = first + size;
    taken.push({ subnet, first });
  }
  return taken;
}
