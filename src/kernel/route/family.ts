import type { Family } from "../../addr/index.ts";
import type { CollectOptions } from "../netlink/index.ts";
import { AF_INET, AF_INET6 } from "../sys/index.ts";

/** AF_INET or AF_INET6; RangeError for what is neither 4 nor 6, as `"4"` from a program without types. */
export function familyNumber(family: Family): number {
  if (family === 4) return AF_INET;
  if (family === 6) return AF_INET6;
  throw new RangeError(`${JSON.stringify(family)} is no family: 4 or 6`);
}

/** The reverse; undefined for every other family. */
export function familyOf(number: number): Family | undefined {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : undefined;
}

/**
 * The lists of the family given, or of both, IPv4 first. With `first` that of the second family is read only
 * where the first has none.
 */
export function listFamilies<T>(
  family: Family | undefined,
  { first = false }: Pick<CollectOptions, "first">,
  list: (family: Family) => T[],
): T[] {
  let found: T[] = [];
  for (const each of familiesOf(family)) {
    if (!first || found.length === 0) found = found.concat(list(each));
  }
  return found;
}

/** The families that a list is asked for: the one given, or both. */
export function familiesOf(family: Family | undefined): readonly Family[] {
  return family === undefined ? [4, 6] : [family];
}
