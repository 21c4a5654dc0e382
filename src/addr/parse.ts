/** An address as a family and a number, before it becomes a value of the room. */
export interface ParsedAddress {
  /** 4 or 6 as the text was written: `::ffff:10.0.0.1` is 6 here. */
  readonly family: 4 | 6;
  readonly value: bigint;
}

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const DOTTED = String.raw`${OCTET}(?:\.${OCTET}){3}`;

/** The one way in which an IPv4 address is printed, and alone or with a length often written. */
export const CANONICAL_IPV4: RegExp = new RegExp(`^${DOTTED}$`, "u");

/** The same with the length of a prefix. */
export const CANONICAL_CIDR4: RegExp = new RegExp(`^${DOTTED}/(?:3[0-2]|[12]?\\d)$`, "u");

/** Reads four dotted decimal octets; like Go, an octet must not have a leading zero. */
export function parseDotted(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const octet = Number(part);
    // What is printed otherwise was written otherwise: with a sign, a leading zero, an exponent.
    if (!(octet >= 0 && octet <= 255) || String(octet) !== part) return undefined;
    value = value * 256 + octet;
  }
  return BigInt(value);
}

/** The 16-bit fields of one side of `::`; the last one may be a dotted IPv4 address (two fields). */
function parseFields(text: string, mayEndDotted: boolean): bigint[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const fields: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      fields.push(BigInt(`0x${part}`));
      continue;
    }
    const dotted = mayEndDotted && index === parts.length - 1 ? parseDotted(part) : undefined;
    if (dotted === undefined) return undefined;
    fields.push(dotted >> 16n, dotted & 0xffffn);
  }
  return fields;
}

function parseColons(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [left = "", right] = halves;
  const head = parseFields(left, right === undefined);
  const tail = parseFields(right ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // Without "::" all eight fields must be there; with it, it must stand for at least one.
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const fields = [...head, ...Array<bigint>(missing).fill(0n), ...tail];
  return fields.reduce((value, part) => (value << 16n) | part, 0n);
}

/** Reads an address as Go's `net.ParseIP` does: no zones, no leading zeros in IPv4 octets. */
export function parseAddress(text: string): ParsedAddress | undefined {
  // Longer than any address can be: not worth splitting.
  if (text.length > 45) return undefined;
  if (text.includes(":")) {
    const value = parseColons(text);
    return value === undefined ? undefined : { family: 6, value };
  }
  const value = parseDotted(text);
  return value === undefined ? undefined : { family: 4, value };
}
