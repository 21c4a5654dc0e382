/** JSON as people write it: a value may be any text, and a key may stand twice. */

export type Value = null | boolean | number | string | Raw | readonly Value[] | Members;
export type Members = Readonly<{ [key: string]: Value }>;

/** Text that is printed as it is: a number in another form, a template that was left in. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export function isMembers(value: Value | undefined): value is Members {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Raw)
  );
}

/** Prints a value over several lines, as files of networks are written. */
export function print(value: Value, indent = ""): string {
  if (value instanceof Raw) return value.text;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as readonly Value[]).map((item) => `${inner}${print(item, inner)}`);
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (isMembers(value)) {
    const items = Object.entries(value).map(
      ([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, inner)}`,
    );
    return items.length === 0 ? "{}" : `{\n${items.join(",\n")}\n${indent}}`;
  }
  return JSON.stringify(value);
}

/** The value at a path such as `ipam.ranges.0.0.subnet`; undefined where there is none. */
export function at(value: Value, path: readonly string[]): Value | undefined {
  let found: Value | undefined = value;
  for (const part of path) {
    if (Array.isArray(found)) found = (found as readonly Value[])[Number(part)];
    else if (isMembers(found)) found = found[part];
    else return undefined;
  }
  return found;
}

/** The same value with another one at a path; what is missing on the way is made. */
export function put(value: Value | undefined, path: readonly string[], item: Value): Value {
  const [part, ...rest] = path;
  if (part === undefined) return item;
  if (Array.isArray(value) || (value === undefined && /^\d+$/.test(part))) {
    const items = [...((value as readonly Value[] | undefined) ?? [])];
    items[Number(part)] = put(items[Number(part)], rest, item);
    return items;
  }
  const members = isMembers(value) ? value : {};
  return { ...members, [part]: put(members[part], rest, item) };
}

/** The same value with the key at the end of a path spelt in another way, in its place. */
export function rename(value: Value, path: readonly string[], spelling: string): Value {
  const [part = "", ...rest] = path;
  if (Array.isArray(value)) {
    return (value as readonly Value[]).map((item, index) =>
      String(index) === part ? rename(item, rest, spelling) : item,
    );
  }
  if (!isMembers(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key !== part) return [key, item];
      return rest.length === 0 ? [spelling, item] : [key, rename(item, rest, spelling)];
    }),
  );
}

/** The paths of all members, those within lists too. */
export function pathsOf(value: Value, before: readonly string[] = []): string[][] {
  const entries: [string, Value][] = Array.isArray(value)
    ? (value as readonly Value[]).map((item, index) => [String(index), item])
    : isMembers(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([key, item]) => {
    const path = [...before, key];
    return [path, ...pathsOf(item, path)];
  });
}
