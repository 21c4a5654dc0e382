import type { Keys } from "./port.ts";

/** All keys that begin with a text, which ends with a character below U+007F such as `/`. */
export function under(prefix: string, limit?: number): Keys {
  const last = prefix.charCodeAt(prefix.length - 1);
  const end = `${prefix.slice(0, -1)}${String.fromCharCode(last + 1)}`;
  return { from: prefix, end, ...(limit === undefined ? {} : { limit }) };
}
