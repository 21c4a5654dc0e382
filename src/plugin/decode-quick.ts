/**
 * The short way through a schema. Of each schema is remembered what a value has to be, and for
 * what configurations mostly consist of (texts, switches, whole numbers, lists and objects with
 * their keys as they are spelt) that is all there is to ask. Where the value is anything else the
 * answer is `UNSURE`, and `shape` and valibot decide: what is read here is what they would give.
 */
import * as v from "valibot";
import { foldKey, isObject, type JsonValue } from "../spec/index.ts";
import { shape, takesNull } from "./decode-shape.ts";

/** The answer where the long way has to be gone. */
export const UNSURE: unique symbol = Symbol("unsure");

/** Reads a value that is there: a null only where the schema itself takes one. */
type Read = (json: JsonValue) => unknown;

/** The parts of valibot's schemas and actions that are looked at; each kind has some of them. */
interface SchemaParts {
  readonly type: string;
  readonly kind: string;
  readonly pipe?: readonly SchemaParts[];
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly item?: v.GenericSchema;
  readonly wrapped?: v.GenericSchema;
  readonly default?: unknown;
  readonly fallback?: unknown;
}

const known = new WeakMap<v.GenericSchema, Read>();

/** What a schema makes of the value, or `UNSURE`. */
export function quickly(schema: v.GenericSchema, json: JsonValue): unknown {
  let read = known.get(schema);
  if (read === undefined) {
    read = readOf(schema);
    known.set(schema, read);
  }
  return json === null ? UNSURE : read(json);
}

function readOf(schema: v.GenericSchema): Read {
  const parts = schema as unknown as SchemaParts;
  const { type, entries, item, wrapped } = parts;
  const demands = demandsOf(parts);
  if (type === "number" && demands.length === 1 && demands[0] === "integer") {
    return (json) => (Number.isSafeInteger(json) ? json : UNSURE);
  }
  if (demands.length > 0 || "fallback" in parts) return byLibrary(schema);
  if (type === "number") return (json) => (Number.isFinite(json) ? json : UNSURE);
  if (type === "string" || type === "boolean") {
    return (json) => (typeof json === type ? json : UNSURE);
  }
  if (type === "optional" && wrapped !== undefined) return readOf(wrapped);
  if (type === "array" && item !== undefined) return listOf(readOf(item));
  if (type !== "object" || entries === undefined) return byLibrary(schema);
  return isPlain(Object.keys(entries)) ? objectOf(entries) : byLibrary(schema);
}

/**
 * Whether each key stands for itself: one that each object inherits seems never to be absent, and
 * of two that differ in case alone both may be meant by one.
 */
function isPlain(keys: readonly string[]): boolean {
  return !keys.some((key) => key in {}) && new Set(keys.map(foldKey)).size === keys.length;
}

/** What a pipe asks for beside the type; what it says for people is no demand. */
function demandsOf({ pipe }: SchemaParts): string[] {
  const [first, ...actions] = pipe ?? [];
  if (first === undefined) return [];
  const added = actions.filter(({ kind }) => kind !== "metadata").map(({ type }) => type);
  return [...demandsOf(first), ...added];
}

/** A piece of the value goes the long way, the others need not. */
function byLibrary(schema: v.GenericSchema): Read {
  return (json) => {
    const parsed = v.safeParse(schema, shape(schema, json));
    return parsed.success ? parsed.output : UNSURE;
  };
}

function listOf(read: Read): Read {
  return (json) => {
    if (!Array.isArray(json)) return UNSURE;
    const items: unknown[] = [];
    for (const each of json) {
      // A null has no key to leave out: what it stands for is a long story.
      const item = each === null ? UNSURE : read(each);
      if (item === UNSURE) return UNSURE;
      items.push(item);
    }
    return items;
  };
}

function objectOf(entries: Readonly<Record<string, v.GenericSchema>>): Read {
  const reads = new Map<string, Read>();
  const folded = new Set<string>();
  const nullable = new Set<string>();
  const absent: Absent = { required: [], defaults: {}, made: [] };
  for (const [key, schema] of Object.entries(entries)) {
    reads.set(key, readOf(schema));
    folded.add(foldKey(key));
    if (takesNull(schema)) nullable.add(key);
    noteAbsent(absent, key, schema);
  }
  return (json) => {
    if (!isObject(json)) return UNSURE;
    const object: Record<string, unknown> = { ...absent.defaults };
    for (const key of Object.keys(json)) {
      const read = reads.get(key);
      if (read === undefined) {
        // One of ours in another case: the long way knows which of several wins.
        if (folded.has(foldKey(key))) return UNSURE;
        continue;
      }
      const value = json[key] ?? null;
      if (value === null && !nullable.has(key)) continue;
      const part = read(value);
      if (part === UNSURE) return UNSURE;
      object[key] = part;
    }
    for (const key of absent.required) if (object[key] === undefined) return UNSURE;
    for (const [key, make] of absent.made) if (object[key] === undefined) object[key] = make();
    return object;
  };
}

/** What becomes of the keys that an object does not have. */
interface Absent {
  /** Without them the long way says what is wrong, or what stands for them. */
  readonly required: string[];
  readonly defaults: Record<string, unknown>;
  /** Defaults that are made anew each time: whoever gets one may change it. */
  readonly made: [key: string, make: () => unknown][];
}

function noteAbsent(
  { required, defaults, made }: Absent,
  key: string,
  schema: v.GenericSchema,
): void {
  const parts = schema as unknown as SchemaParts;
  const parsed = v.safeParse(schema, undefined);
  if (parts.type !== "optional" || "fallback" in parts || !parsed.success) {
    required.push(key);
  } else if (typeof parts.default === "function") {
    made.push([key, () => v.parse(schema, undefined)]);
  } else if (Array.isArray(parsed.output) && parsed.output.length === 0) {
    made.push([key, () => []]);
  } else if (typeof parsed.output === "object") {
    made.push([key, () => v.parse(schema, undefined)]);
  } else if (parsed.output !== undefined) {
    defaults[key] = parsed.output;
  }
}
