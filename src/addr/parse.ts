/** An address as a family and a number, before it becomes a value of the room. */
export interface ParsedAddress {
  /** 4 or 6 as the text was written: `::ffff:10.0.0.1` is 6 here. */
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Reads four dotted decimal octets; like Go, an octet must not have a leading zero. */
export function parseDotted(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) {
    return undefined;
  }
  let value = 0n;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) {
      return undefined;
    }
    const octet = Number(part);
    if (octet > 255) {
      return undefined;
    }
    value = (value << 8n) | BigInt(octet);
  }
  return value;
}

/** The 16-bit fields of one side of `::`; the last one may be a dotted IPv4 address (two fields). */
function parseFields(text: string, mayEndDotted: boolean): bigint[] | undefined {
  if (text === "") {
    return [];
  }
  const parts = text.split(":");
  const fields: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      fields.push(BigInt(`0x${part}`));
      continue;
    }
    const dotted = mayEndDotted && index === parts.length - 1 ? parseDotted(part) : undefined;
    if (dotted === undefined) {
      return undefined;
    }
    fields.push(dotted >> 16n, dotted & 0xffffn);
  }
  return fields;
}

function parseColons(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) {
    return undefined;
  }
  const [left = "", right] = halves;
  const head = parseFields(left, right === undefined);
  const tail = parseFields(right ?? "", true);
  if (head === undefined || tail === undefined) {
    return undefined;
  }
  const missing = 8 - head.length - tail.length;
  // Without "::" all eight fields must be there; with it, it must stand for at least one.
  if (right === undefined ? missing !== 0 : missing < 1) {
    return undefined;
  }
  const fields = [...head, ...Array<bigint>(missing).fill(0n), ...tail];
  return fields.reduce((value, part) => (value << 16n) | part, 0n);
}

/** Reads an address as Go's `net.ParseIP` does: no zones, no leading zeros in IPv4 octets. */
export function parseAddress(text: string): ParsedAddress | undefined {
  // Longer than any address can be: not worth splitting.
  if (text.length > 45) {
    return undefined;
  }
  if (text.includes(":")) {
    const value = parseColons(text);
    return value === undefined ? undefined : { family: 6, value };
  }
  const value = parseDotted(text);
  return value === undefined ? undefined : { family: 4, value };
}
