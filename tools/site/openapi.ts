import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";
import type { PageSource } from "./source.ts";

/** The description of the node's API, docs/api/openapi.json, as a page. */

const PATH = "docs/api/openapi.json";

/** As much of a JSON Schema as the description uses. */
interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly additionalProperties?: unknown;
}

const SCHEMA = v.custom<Schema>((value) => typeof value === "object" && value !== null);

const OPERATION = v.object({
  summary: v.string(),
  description: v.optional(v.string()),
  parameters: v.optional(
    v.array(
      v.object({
        name: v.string(),
        in: v.string(),
        description: v.optional(v.string()),
        schema: v.optional(SCHEMA),
      }),
    ),
    [],
  ),
  responses: v.record(
    v.string(),
    v.object({
      description: v.optional(v.string()),
      content: v.optional(v.record(v.string(), v.object({ schema: v.optional(SCHEMA) }))),
    }),
  ),
});

const DESCRIPTION = v.object({
  info: v.object({ title: v.string(), description: v.string() }),
  paths: v.record(v.string(), v.record(v.string(), OPERATION)),
  components: v.object({ schemas: v.record(v.string(), SCHEMA) }),
});

type Operation = v.InferOutput<typeof OPERATION>;

export function openApiPage(): PageSource {
  const { info, paths, components } = v.parse(
    DESCRIPTION,
    JSON.parse(readFileSync(join(ROOT, PATH), "utf8")),
  );
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationPart(method, path, operation)),
  );
  const forms = Object.entries(components.schemas).map(([name, schema]) => formPart(name, schema));
  const start = "[The API](../api.md) says where it is served, and by which token.";
  const head = ["# The node's API, resource by resource", info.description, start];
  return {
    path: PATH,
    address: "openapi.html",
    label: "The API's resources",
    markdown: [...head, "## Resources", ...operations, "## Forms", ...forms].join("\n\n"),
  };
}

function operationPart(method: string, path: string, operation: Operation): string {
  const { summary, description = "", parameters, responses } = operation;
  const rows = parameters.map(({ name, in: where, description: words = "", schema }) =>
    row(`\`${name}\``, where, schema === undefined ? "" : typeOf(schema), words),
  );
  const answers = Object.entries(responses).flatMap(([status, { description: words, content }]) =>
    Object.entries(content ?? {})
      .map(
        ([type, { schema }]) => `- ${status}: ${words ?? ""} \`${type}\`, ${typeOf(schema ?? {})}`,
      )
      .concat(content === undefined && words !== undefined ? [`- ${status}: ${words}`] : []),
  );
  const table = ["| parameter | in | type | meaning |", "| --- | --- | --- | --- |", ...rows];
  const asked = rows.length === 0 ? [] : [table.join("\n")];
  const title = `### ${method.toUpperCase()} ${path}`;
  return [title, summary, description, ...asked, answers.join("\n")]
    .filter((part) => part !== "")
    .join("\n\n");
}

function formPart(name: string, schema: Schema): string {
  return [`### ${name}`, schema.description ?? "", ...propertyTable(schema)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function propertyTable(schema: Schema): string[] {
  const rows = propertyRows(schema, "");
  if (rows.length === 0) return [typeOf(schema)];
  return [["| key | type | meaning |", "| --- | --- | --- |", ...rows].join("\n")];
}

/** A row for each property, those of objects inside behind their own. */
function propertyRows(schema: Schema, prefix: string): string[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const type = `${typeOf(value)}${required.has(key) ? "" : ", may be absent"}`;
    const inner = value.items ?? value;
    const below = propertyRows(inner, `${name}${value.items === undefined ? "" : "[]"}.`);
    return [row(`\`${name}\``, type, value.description ?? ""), ...below];
  });
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function typeOf(schema: Schema): string {
  const { $ref, items, type, format } = schema;
  const among = schema.anyOf ?? schema.oneOf;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(", ");
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (among !== undefined) return among.map(typeOf).join(" or ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  const words = typeof type === "string" ? type : (type ?? ["any value"]).join(" or ");
  return format === undefined ? words : `${words} (${format})`;
}
