/** Judges values by the schemas of this repository, with a standard validator. */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { isObject, type JsonObject, type JsonValue, printJson } from "../../src/spec/index.ts";

const validators = new WeakMap<JsonObject, ValidateFunction>();

/** What is wrong with a value, one line each; also keys that the schema does not name. */
export function schemaProblems(schema: JsonObject, value: JsonValue): string[] {
  const validate = validators.get(schema) ?? compiled(schema);
  validators.set(schema, validate);
  // A validator knows plain numbers alone.
  if (validate(JSON.parse(printJson(value)))) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const { additionalProperty: key } = params as { readonly additionalProperty?: string };
    return key === undefined
      ? `$${instancePath} ${message ?? ""}`
      : `$${instancePath} has ${key}, which the schema does not name`;
  });
}

/** docs/cli.schema.json */
export const CLI_SCHEMA: JsonObject = JSON.parse(
  readFileSync(new URL("../../docs/cli.schema.json", import.meta.url), "utf8"),
) as JsonObject;

/** What docs/cli.schema.json misses in an answer of `hawser … --json`; each key has to be named there. */
export function answerProblems(answer: JsonValue): string[] {
  return schemaProblems(CLI_SCHEMA, answer);
}

function compiled(schema: JsonObject): ValidateFunction {
  const formats = { "date-time": TIME };
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, formats });
  return ajv.compile(closed(schema) as JsonObject);
}

/** ISO 8601 in UTC, as we write it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** The schema for the program that writes the answers: readers take keys that are new, a test does not. */
function closed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(closed);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([key, member]): [string, JsonValue] => {
    return [key, key === "if" ? member : closed(member)];
  });
  const isOpen = value["type"] === "object" && isObject(value["properties"]);
  return {
    ...Object.fromEntries(members),
    ...(isOpen ? { additionalProperties: value["additionalProperties"] ?? false } : {}),
  };
}
