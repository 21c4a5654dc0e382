import type * as v from "valibot";

/** The keys of a plugin's configuration, read from the schema that its code decodes with. */

export interface KeyRow {
  /** With those of the objects around it: `ipam.ranges[][].subnet`. */
  readonly key: string;
  readonly type: string;
  /** What counts when it is absent; undefined when that is nothing. */
  readonly fallback: string | undefined;
  /** A configuration without it is refused, where the object around it is there. */
  readonly required: boolean;
  readonly meaning: string;
}

/** The parts of a valibot schema that say what is wanted; each kind has some of them. */
interface Parts {
  readonly type: string;
  readonly pipe?: readonly (Parts & { readonly description?: string })[];
  readonly entries?: Readonly<Record<string, Parts>>;
  readonly item?: Parts;
  readonly value?: Parts;
  readonly wrapped?: Parts;
  readonly default?: unknown;
  readonly options?: readonly unknown[];
  /** Of an action that says it. */
  readonly required?: boolean;
  readonly literal?: unknown;
}

/**
 * A row for each key, each object before what is in it.
 * @throws Error for a key without a description.
 */
export function keysOf(schema: v.GenericSchema): KeyRow[] {
  return rowsOf(schema, "");
}

function rowsOf(parts: Parts, prefix: string): KeyRow[] {
  const { entries } = core(parts);
  return Object.entries(entries ?? {}).flatMap(([name, value]) => {
    const key = `${prefix}${name}`;
    const meaning = descriptionOf(value);
    if (meaning === undefined) throw new Error(`the key ${key} has no v.description(…)`);
    const required = value.wrapped === undefined || saysRequired(value);
    const row = { key, type: typeName(value), fallback: fallbackOf(value), required, meaning };
    const [inner, marks] = innermost(value);
    return [row, ...rowsOf(inner, `${key}${marks}.`)];
  });
}

/** The plugin has an error of its own for a configuration without the key. */
function saysRequired({ pipe = [] }: Parts): boolean {
  return pipe.some(
    (item) => (item.type === "says" && item.required === true) || saysRequired(item),
  );
}

/** What is inside of lists and of objects with names of any kind. */
function innermost(parts: Parts): [Parts, marks: string] {
  const schema = core(parts);
  const inside = schema.item ?? (schema.type === "record" ? schema.value : undefined);
  if (inside === undefined) return [schema, ""];
  const [inner, marks] = innermost(inside);
  return [inner, `${schema.item === undefined ? ".*" : "[]"}${marks}`];
}

/** Without what says that it may be absent. */
function core(parts: Parts): Parts {
  return parts.wrapped === undefined ? parts : core(parts.wrapped);
}

/** The outermost description. */
function descriptionOf(parts: Parts): string | undefined {
  const own = parts.pipe?.findLast(({ type }) => type === "description")?.description;
  const inside = parts.pipe?.[0] ?? parts.wrapped;
  return own ?? (inside === undefined ? undefined : descriptionOf(inside));
}

function fallbackOf(parts: Parts): string | undefined {
  const { wrapped, default: given } = parts;
  if (wrapped === undefined) return undefined;
  const isSaid =
    typeof given === "boolean" || typeof given === "number" || typeof given === "bigint";
  if (isSaid || (typeof given === "string" && given !== "")) return String(given);
  return fallbackOf(wrapped);
}

function typeName(parts: Parts): string {
  const schema = core(parts);
  switch (schema.type) {
    case "boolean":
      return "bool";
    case "bigint":
      return "integer";
    case "number":
      return isWhole(schema) ? "integer" : "number";
    case "array":
      return `list of ${plural(typeName(schema.item ?? { type: "unknown" }))}`;
    case "record":
      return `object of ${plural(typeName(schema.value ?? { type: "unknown" }))}`;
    case "picklist":
      return (schema.options ?? []).map((option) => `\`${String(option)}\``).join(", ");
    case "literal":
      return `\`${String(schema.literal)}\``;
    case "union":
      return (schema.options ?? []).map((option) => typeName(option as Parts)).join(" or ");
    case "unknown":
    case "any":
      return "any";
    case "string":
    case "object":
      return schema.type;
    default:
      throw new Error(`the manual has no word for the schema ${schema.type}`);
  }
}

/** A pipe may begin with a schema that is a pipe itself. */
function isWhole({ pipe = [] }: Parts): boolean {
  return pipe.some((item) => item.type === "integer" || isWhole(item));
}

function plural(word: string): string {
  return word.replace(/^(bool|integer|number|string|object|list)\b/, "$1s");
}
