import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import type { JsonObject, JsonValue } from "../../src/spec/index.ts";

/**
 * The definition that a configuration is decoded with as JSON Schema, with the manners of the decoder:
 * a null counts as an absent key, unknown keys are overlooked, whole numbers may have any form.
 */
export function keysSchema(definition: v.GenericSchema): JsonObject {
  const { $schema: _, ...schema } = toJsonSchema(definition, {
    target: "draft-2020-12",
    typeMode: "input",
    overrideAction: ({ valibotAction, jsonSchema }) => {
      return fromAction(valibotAction, jsonSchema);
    },
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      return fromSchema(valibotSchema, jsonSchema);
    },
  });
  return schema as JsonObject;
}

/** Actions that say what JSON Schema has no word for by itself: rules, and bounds of large numbers. */
interface Action {
  readonly type: string;
  readonly says?: JsonObject;
  readonly requirement?: unknown;
}

interface Parts {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Parts>>;
  readonly pipe?: readonly Parts[];
  /** Of an action that says it. */
  readonly required?: boolean;
}

/** Of the defaults, those that would tell a reader nothing. */
const EMPTY: ReadonlySet<string> = new Set(['""', "[]", "{}", '{"type":""}']);

function fromAction(action: Action, schema: JsonSchema): JsonSchema | undefined {
  const said = action.says;
  if (said !== undefined) return { ...schema, ...(said as JsonSchema) };
  if (typeof action.requirement !== "bigint") return undefined;
  const bound = Number(action.requirement);
  return { ...schema, ...(action.type === "min_value" ? { minimum: bound } : { maximum: bound }) };
}

function fromSchema({ type, entries }: Parts, schema: JsonSchema): JsonSchema | undefined {
  if (type === "bigint") return { ...schema, type: "integer" };
  if (schema.default !== undefined && EMPTY.has(JSON.stringify(schema.default))) {
    delete schema.default;
  }
  const { additionalProperties, properties } = schema;
  if (type === "record" && typeof additionalProperties === "object") {
    const { propertyNames: _, ...rest } = schema;
    return { ...rest, additionalProperties: orNull(additionalProperties) };
  }
  if (type !== "object" || entries === undefined || properties === undefined) return undefined;
  const known = Object.entries(entries);
  const required = known.filter(([, entry]) => isRequired(entry)).map(([key]) => key);
  const taken = known.map(([key, entry]) => {
    const value = properties[key] as JsonSchema;
    return [key, isRequired(entry) ? withoutDefault(value) : orNull(value)];
  });
  const { required: _, ...rest } = schema;
  return {
    ...rest,
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(taken) as Record<string, JsonSchema>,
  };
}

function isRequired(entry: Parts): boolean {
  return entry.type !== "optional" || saysRequired(entry);
}

function saysRequired({ pipe = [] }: Parts): boolean {
  return pipe.some(
    (item) => (item.type === "says" && item.required === true) || saysRequired(item),
  );
}

function withoutDefault({ default: _, ...rest }: JsonSchema): JsonSchema {
  return rest;
}

/** The same where a null counts as absent. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { $ref, type, enum: values, anyOf, ...rest } = schema;
  if ($ref !== undefined) {
    // Beside a reference, `type` would hold for the null, too.
    return { ...rest, anyOf: [{ $ref }, { type: "null" }] };
  }
  const types = typeof type === "string" ? [type, "null" as const] : type;
  const named = values === undefined || values.includes(null) ? values : [...values, null];
  const either = anyOf !== undefined && type === undefined ? [...anyOf, NULL] : anyOf;
  return {
    ...(types === undefined ? {} : { type: types }),
    ...(named === undefined ? {} : { enum: named }),
    ...(either === undefined ? {} : { anyOf: either }),
    ...rest,
  };
}

const NULL: JsonSchema = { type: "null" };

/** The names in `#/$defs/` that a value refers to, anywhere. */
export function referencesIn(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key !== "$ref" || typeof member !== "string") return referencesIn(member as JsonValue);
    return [member.replace("#/$defs/", "")];
  });
}
