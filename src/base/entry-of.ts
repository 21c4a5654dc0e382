/**
 * What a table has under a name. A name that is none of it has come from a program without types, or past them.
 * @param what the names are of, such as `the families`
 * @throws RangeError that tells the names
 */
export function entryOf<K extends string, V>(
  table: Readonly<Record<K, V>>,
  name: K,
  what: string = "",
): V {
  if (Object.hasOwn(table, name)) return table[name];
  const names = Object.keys(table).join(", ");
  throw new RangeError(
    `${JSON.stringify(name)} is none of ${what === "" ? "" : `${what} `}${names}`,
  );
}
