/** Judges answers by the forms that docs/api/openapi.json and docs/cli.schema.json have. */
import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import { FORMS, type FormName } from "../../src/forms/index.ts";
import type { JsonObject, JsonValue } from "../../src/spec/index.ts";
import { schemaProblems } from "./json-schema.ts";

const $defs = toJsonSchemaDefs(FORMS, { target: "draft-2020-12" }) as unknown as JsonObject;
const schemas = new Map<FormName, JsonObject>();

/** What is wrong with a value as one of this form, one line each; also keys that the form does not have. */
export function formProblems(name: FormName, value: unknown): string[] {
  const schema = schemas.get(name) ?? { $ref: `#/$defs/${name}`, $defs };
  schemas.set(name, schema);
  return schemaProblems(schema, value as JsonValue);
}
