/**
 * Makes JSON fit a valibot schema the way Go's decoder fits it to a struct: keys match without
 * regard to case, `null` is absent, numbers become numbers. What does not fit stays as it is, for
 * valibot to report.
 */
import * as v from "valibot";
import {
  field,
  isNumber,
  isObject,
  type JsonObject,
  type JsonValue,
  type LosslessNumber,
  setField,
  wholeDigitsOf,
  wholeNumberOf,
} from "../spec/index.ts";

/** Stands for what does not fit although valibot would take it: any list for an object, say. */
const MISFIT = Symbol("misfit");

/** The parts of a valibot schema that are walked; each kind has some of them. */
interface SchemaParts {
  readonly type: string;
  readonly pipe?: readonly SchemaParts[];
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly rest?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly items?: readonly v.GenericSchema[];
  readonly value?: v.GenericSchema;
  readonly wrapped?: v.GenericSchema;
  readonly options?: readonly unknown[];
  readonly getter?: (input: unknown) => v.GenericSchema;
}

/** Keys that every plugin may be sent, whatever its schema says of other keys. */
const COMMON_KEYS: ReadonlySet<string> = new Set([
  "$schema",
  "cniversion",
  "name",
  "type",
  "capabilities",
  "ipam",
  "dns",
  "ipmasq",
  "args",
  "prevresult",
  "runtimeconfig",
]);

/**
 * The value in the shape that the schema names, as far as it has it. `top` says that it is a whole
 * configuration, in which a strict schema overlooks the keys that any plugin may be sent.
 */
export function shape(schema: v.GenericSchema, json: JsonValue, top = false): unknown {
  const parts = schema as unknown as SchemaParts;
  if (parts.getter !== undefined) return shape(parts.getter(json), json);
  if (parts.wrapped !== undefined) return shapeWrapped(parts, parts.wrapped, json);
  if (parts.type === "union" || parts.type === "variant") return shapeUnion(parts, json);
  if (isNumber(json)) return shapeNumber(parts, json);
  if (Array.isArray(json)) {
    const { item, items } = parts;
    if (item !== undefined) return json.map((value) => shape(item, value));
    if (items === undefined) return wantsObject(parts) ? MISFIT : json;
    return json.map((value, at) => {
      const own = items[at] ?? parts.rest;
      return own === undefined ? value : shape(own, value);
    });
  }
  if (!isObject(json)) return json;
  if (parts.entries !== undefined) return shapeObject(parts, parts.entries, json, top);
  const { value: member } = parts;
  return parts.type === "record" && member !== undefined ? shapeRecord(member, json) : json;
}

/** A pipe may begin with a schema that is a pipe itself. */
function wantsWhole({ pipe = [] }: SchemaParts): boolean {
  return pipe.some((item) => /^(?:safe_)?integer$/u.test(item.type) || wantsWhole(item));
}

function wantsObject(parts: SchemaParts): boolean {
  return parts.entries !== undefined || parts.type === "record";
}

function shapeWrapped(parts: SchemaParts, wrapped: v.GenericSchema, json: JsonValue): unknown {
  if (json !== null) return shape(wrapped, json);
  // In a list an optional member's null has no key to leave out.
  return parts.type === "optional" || parts.type === "undefinedable" ? undefined : null;
}

/** The first option that takes the value decides how it is read. */
function shapeUnion(parts: SchemaParts, json: JsonValue): unknown {
  for (const option of parts.options ?? []) {
    const schema = option as v.GenericSchema;
    const candidate = shape(schema, json);
    if (v.is(schema, candidate)) return candidate;
  }
  return isNumber(json) ? Number(json.toString()) : json;
}

function shapeObject(
  parts: SchemaParts,
  entries: Readonly<Record<string, v.GenericSchema>>,
  json: JsonObject,
  top: boolean,
): JsonObject {
  const shaped: Record<string, unknown> = {};
  const known = new Set<string>();
  for (const [key, schema] of Object.entries(entries)) {
    known.add(key.toLowerCase());
    const value = field(json, key);
    if (value === undefined || (value === null && !takesNull(schema))) continue;
    set(shaped, key, shape(schema, value));
  }
  if (parts.type === "object") return shaped as JsonObject;
  for (const [key, value] of Object.entries(json)) {
    const strict = parts.type === "strict_object";
    if (known.has(key.toLowerCase()) || (strict && top && isCommonKey(key))) continue;
    set(shaped, key, parts.rest === undefined ? value : shape(parts.rest, value));
  }
  return shaped as JsonObject;
}

function isCommonKey(key: string): boolean {
  const folded = key.toLowerCase();
  return COMMON_KEYS.has(folded) || folded.startsWith("cni.dev/");
}

function shapeRecord(member: v.GenericSchema, json: JsonObject): JsonObject {
  const shaped: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    if (value !== null || takesNull(member)) set(shaped, key, shape(member, value));
  }
  return shaped as JsonObject;
}

function set(target: Record<string, unknown>, key: string, value: unknown): void {
  setField(target as JsonObject, key, value as JsonValue);
}

/** Whether the schema wants to see a null; all others take it for an absent value. */
function takesNull(schema: v.GenericSchema): boolean {
  const { type } = schema as unknown as SchemaParts;
  return ["nullable", "null", "any", "unknown", "lazy"].includes(type);
}

/**
 * A number where the schema asks for one. A schema of whole numbers takes them in every form, as
 * `1400.0` and `1e+06`, but none that a double cannot hold exactly.
 */
function shapeNumber(parts: SchemaParts, json: number | LosslessNumber): unknown {
  if (wantsObject(parts)) return MISFIT;
  if (parts.type === "bigint") {
    const digits = wholeDigitsOf(json);
    return digits === undefined ? json : BigInt(digits);
  }
  if (parts.type !== "number" && parts.type !== "literal" && parts.type !== "picklist") return json;
  if (wantsWhole(parts)) {
    const whole = wholeNumberOf(json);
    // Beyond what a double holds exactly, every double is whole.
    return whole ?? (Number.isInteger(json) ? MISFIT : json);
  }
  const value = Number(json.toString());
  return Number.isFinite(value) ? value + 0 : json;
}
