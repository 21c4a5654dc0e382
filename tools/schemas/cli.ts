import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import { FORMS, type FormName } from "../../src/forms/index.ts";
import type { JsonObject } from "../../src/spec/index.ts";
import { ROOT } from "../test/files.ts";

/** docs/cli.schema.json: what answers of commands are, with the forms that they have in common with the API. */

/** How a definition of that file goes beyond the form of its name. */
interface Beyond {
  /** Keys that not every answer has, in place of those that the form needs. */
  readonly required?: readonly string[];
}

/** The definitions that are forms; keys that only commands have stand in the file itself. */
const SHARED: Readonly<Partial<Record<FormName, Beyond>>> = {
  attachment: { required: ["containerId", "ifName"] },
  call: {},
  clusterNode: {},
  diagnosis: {},
  finding: {},
  group: {},
  hostPort: {},
  link: {},
  listener: {},
  map: {},
  part: {},
  path: {},
  period: {},
  pod: {},
  pool: {},
  reservation: {},
  route: {},
  space: {},
  stage: {},
};

/** The file as it stands, with the shared definitions written anew. */
export function cliSchema(): JsonObject {
  const file = JSON.parse(readFileSync(join(ROOT, "docs/cli.schema.json"), "utf8")) as JsonObject;
  const known = file["$defs"] as Readonly<Record<string, JsonObject>>;
  const forms = toJsonSchemaDefs(FORMS, { target: "draft-2020-12" }) as unknown as Readonly<
    Record<string, JsonObject>
  >;
  const shared = Object.entries(SHARED).map(([name, beyond]): [string, JsonObject] => {
    const [form, own] = [forms[name] ?? {}, known[name] ?? {}];
    const properties = {
      ...(form["properties"] as JsonObject),
      ...without(own["properties"] as JsonObject | undefined, form["properties"] as JsonObject),
    };
    const { required } = beyond;
    return [name, { ...form, ...(required && { required: [...required] }), properties }];
  });
  const $defs = { ...known, ...Object.fromEntries(shared) };
  return { ...file, $defs };
}

function without(all: JsonObject = {}, taken: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(all).filter(([key]) => !(key in taken)));
}
