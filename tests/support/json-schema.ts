/** Judges values by a JSON schema, as far as the schemas of this repository go. */
import { isObject, type JsonObject, type JsonValue } from "../../src/spec/index.ts";

/** What is wrong with a value, one line each; also keys that the schema does not name. */
export function schemaProblems(schema: JsonObject, value: JsonValue): string[] {
  return problems({ root: schema, schema, value, at: "$" });
}

interface Judged {
  readonly root: JsonObject;
  readonly schema: JsonObject;
  readonly value: JsonValue;
  readonly at: string;
}

function problems({ root, schema: given, value, at }: Judged): string[] {
  const schema = resolved(root, given);
  const { anyOf, type } = schema;
  if (Array.isArray(anyOf)) {
    const tried = anyOf.filter(isObject).map((each) => problems({ root, schema: each, value, at }));
    return tried.some((found) => found.length === 0) ? [] : [`${at} is none of the alternatives`];
  }
  const names = schema["enum"];
  if (Array.isArray(names) && !names.includes(value)) return [`${at} is ${JSON.stringify(value)}`];
  if (typeof type === "string" && typeOf(value) !== type) return [`${at} is no ${type}`];
  if (Array.isArray(value)) {
    const items = isObject(schema["items"]) ? schema["items"] : {};
    return value.flatMap((each, index) =>
      problems({ root, schema: items, value: each, at: `${at}[${index}]` }),
    );
  }
  return isObject(value) ? objectProblems({ root, schema, value, at }) : [];
}

function objectProblems({ root, schema, value, at }: Judged & { value: JsonObject }): string[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const properties = schema["properties"];
  const found = required
    .filter((key) => typeof key === "string")
    .filter((key) => value[key] === undefined)
    .map((key) => `${at} lacks ${key}`);
  if (!isObject(properties)) return found;
  for (const [key, each] of Object.entries(value)) {
    const own = properties[key];
    if (isObject(own)) {
      found.push(...problems({ root, schema: own, value: each, at: `${at}.${key}` }));
    } else {
      found.push(`${at} has ${key}, which the schema does not name`);
    }
  }
  return found;
}

function resolved(root: JsonObject, schema: JsonObject): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  if (reference === "#") return root;
  const name = reference.replace("#/$defs/", "");
  const definitions = root["$defs"];
  const found = isObject(definitions) ? definitions[name] : undefined;
  if (!isObject(found)) throw new Error(`the schema has no ${reference}`);
  return found;
}

function typeOf(value: JsonValue): string {
  if (Array.isArray(value)) return "array";
  return isObject(value) ? "object" : typeof value;
}
