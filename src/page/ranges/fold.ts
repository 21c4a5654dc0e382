import { Ip, Prefix } from "../../addr/index.ts";
import type { AddressRunForm, RangeMapForm } from "../../forms/index.ts";

/** What a piece of a subnet is for; `outside` is of the subnet and not of the range. */
export type Use = AddressRunForm["use"] | "free" | "outside";

/** A piece of a subnet that is drawn as one cell: an address, or a block of them. */
export interface Cell {
  readonly first: Ip;
  /** How many addresses it stands for. */
  readonly size: number;
  readonly counts: Readonly<Record<Use, number>>;
  /** Of a single address that something has. */
  readonly run?: AddressRunForm;
}

/** So many bits are a row of cells, and twice as many all cells that are drawn at once. */
const LEVEL_BITS = 8;
/** Wider ones are drawn by what is used of them: their cells would stand for more than can be counted. */
export const FOLDED_BITS_MAX = 32;

const NOTHING: Readonly<Record<Use, number>> = {
  "in use": 0,
  reserved: 0,
  excluded: 0,
  gateway: 0,
  leaked: 0,
  free: 0,
  outside: 0,
};

/** Whether a subnet is drawn as cells. */
export function isFoldable(subnet: string): boolean {
  const prefix = Prefix.tryParse(subnet);
  return prefix !== undefined && hostBits(prefix) <= FOLDED_BITS_MAX;
}

/**
 * The cells of a block of the range's subnet: single addresses up to 256 of them, else blocks at the next
 * boundary of a byte, so that a /16 is 256 cells of a /24 each. Empty for what is no block of it.
 */
export function cellsOf(map: RangeMapForm, block: string): Cell[] {
  const prefix = Prefix.tryParse(block);
  if (prefix === undefined || hostBits(prefix) > FOLDED_BITS_MAX) return [];
  const bits = hostBits(prefix);
  const sizeBits = Math.floor(Math.max(0, bits - 1) / LEVEL_BITS) * LEVEL_BITS;
  const start = prefix.network().ip.toBigInt();
  const size = 2 ** sizeBits;
  const cells = Array.from({ length: 2 ** (bits - sizeBits) }, () => ({ ...NOTHING }));
  const uses = [...map.runs, ...outsides(map)];
  const singles = new Map<number, AddressRunForm>();
  for (const run of uses) {
    const [first, last] = [offset(run.first, start), offset(run.last, start)];
    const end = Math.min(last, cells.length * size - 1);
    for (let at = Math.max(0, first); at <= end; at = (Math.floor(at / size) + 1) * size) {
      const index = Math.floor(at / size);
      const cell = cells[index];
      if (cell !== undefined) cell[run.use] += Math.min(end, (index + 1) * size - 1) - at + 1;
      if (run.use !== "outside") singles.set(index, run);
    }
  }
  const { family } = prefix.ip;
  return cells.map((counts, index) => {
    const used = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const first = Ip.fromBigInt(family, start + BigInt(index) * BigInt(size));
    const run = size === 1 ? singles.get(index) : undefined;
    const whole = { ...counts, free: Math.max(0, size - used) };
    return { first, size, counts: whole, ...(run === undefined ? {} : { run }) };
  });
}

function hostBits({ ip, length }: Prefix): number {
  return (ip.family === 4 ? 32 : 128) - length;
}

/** A number of addresses from the start; what is farther than can be counted exactly is out of sight anyway. */
function offset(address: string, start: bigint): number {
  const ip = Ip.tryParse(address);
  return ip === undefined ? -1 : Number(ip.toBigInt() - start);
}

interface Outside {
  readonly first: string;
  readonly last: string;
  readonly use: "outside";
}

/** The ends of the subnet that the range leaves out, such as its network and broadcast address; the gateway aside. */
function outsides({ range }: RangeMapForm): Outside[] {
  const prefix = Prefix.tryParse(range.subnet);
  const [first, last] = [Ip.tryParse(range.first), Ip.tryParse(range.last)];
  if (prefix === undefined || first === undefined || last === undefined) return [];
  const begin = prefix.network().ip;
  const size = 1n << BigInt(hostBits(prefix));
  const end = Ip.fromBigInt(begin.family, begin.toBigInt() + size - 1n);
  const gateway = Ip.tryParse(range.gateway);
  return [
    ...(begin.compare(first) < 0 ? without(begin, first.previous(), gateway) : []),
    ...(last.compare(end) < 0 ? without(last.next(), end, gateway) : []),
  ];
}

function without(first: Ip, last: Ip, gateway: Ip | undefined): Outside[] {
  const use = "outside" as const;
  const isInside =
    gateway !== undefined && gateway.compare(first) >= 0 && gateway.compare(last) <= 0;
  if (!isInside) return [{ first: first.toString(), last: last.toString(), use }];
  const before = gateway.compare(first) > 0 ? [{ first, last: gateway.previous() }] : [];
  const after = gateway.compare(last) < 0 ? [{ first: gateway.next(), last }] : [];
  return [...before, ...after].map((each) => {
    return { first: each.first.toString(), last: each.last.toString(), use };
  });
}

/** Of a cell that stands for many: what is not free of what could be, in per cent. */
export function fullness({ counts, size }: Cell): number {
  const usable = size - counts.outside - counts.excluded;
  const used = counts["in use"] + counts.reserved + counts.leaked + counts.gateway;
  return usable <= 0 ? 0 : Math.min(100, (used / usable) * 100);
}

/** The block that a cell stands for, in CIDR notation. */
export function blockOf({ first, size }: Cell): string {
  return `${first.toString()}/${(first.family === 4 ? 32 : 128) - Math.log2(size)}`;
}

/** The block around a block, up to the subnet itself; undefined for the subnet. */
export function blockAround(block: string, subnet: string): string | undefined {
  const inner = Prefix.tryParse(block);
  const outer = Prefix.tryParse(subnet);
  if (inner === undefined || outer === undefined || inner.length <= outer.length) return undefined;
  const length = Math.max(outer.length, inner.length - LEVEL_BITS);
  return Prefix.parse(`${inner.ip.toString()}/${length}`).network().toString();
}
