import { describeApi } from "../../src/api/index.ts";
import { VERSION } from "../../src/base/index.ts";
import type { JsonObject } from "../../src/spec/index.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { CATALOG, CATALOG_TESTS } from "./catalog.ts";
import { cliSchema } from "./cli.ts";
import { referencesIn } from "./keys.ts";
import { definitions } from "./network.ts";
import { RESULT, RESULT_DEFINITIONS } from "./result.ts";

/** What `npm run schemas` writes. */

/** Where the schemas are published; docs/cli.schema.json has the same base. */
export const BASE = "https://hawser.dev/";

/** Path below the repository → the file's value. */
export async function documents(): Promise<Map<string, JsonObject>> {
  const known = { ...(await definitions()), ...RESULT_DEFINITIONS };
  const schema = (path: string, title: string, root: JsonObject): [string, JsonObject] => {
    return [`schemas/${path}`, document(path, title, root, known)];
  };
  const plugins = PLUGIN_NAMES.map((type) => {
    const root = { allOf: [{ $ref: "#/$defs/common" }, { $ref: `#/$defs/plugin-${type}` }] };
    return schema(`plugins/${type}.schema.json`, `Configuration of the CNI plugin ${type}`, root);
  });
  return new Map([
    schema("conflist.schema.json", "CNI network configuration list", network(known)),
    schema("conf.schema.json", "CNI configuration of a single plugin", { $ref: "#/$defs/single" }),
    schema("result.schema.json", "Result of a CNI plugin", RESULT),
    schema("error.schema.json", "Error of a CNI plugin", { $ref: "#/$defs/error" }),
    ...plugins,
    ["schemas/schemastore/catalog.json", CATALOG],
    ["docs/api/openapi.json", await describeApi(VERSION)],
    ["docs/cli.schema.json", cliSchema()],
    ...Object.entries(CATALOG_TESTS).map(([path, value]): [string, JsonObject] => {
      return [`schemas/schemastore/${path}`, value];
    }),
  ]);
}

/** The text of a file. */
export function printed(value: JsonObject): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function network(known: Readonly<Record<string, JsonObject>>): JsonObject {
  return known["network"] ?? {};
}

/** A schema that needs no other file: with all definitions that it leads to. */
function document(
  path: string,
  title: string,
  root: JsonObject,
  known: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const used = new Set<string>();
  const follow = (value: JsonObject): void => {
    for (const name of referencesIn(value)) {
      const definition = known[name];
      if (definition === undefined) throw new Error(`${path} refers to ${name}: it is not there`);
      if (used.has(name)) continue;
      used.add(name);
      follow(definition);
    }
  };
  follow(root);
  const $defs = Object.fromEntries([...used].sort().map((name) => [name, known[name] ?? {}]));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `${BASE}schemas/${path}`,
    title,
    ...root,
    $defs,
  };
}
