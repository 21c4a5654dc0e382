import { join } from "node:path";
import type * as v from "valibot";
import { ROOT } from "../test/files.ts";

/** The schema that a plugin's config.ts exports. */
export async function schemaOf(plugin: string): Promise<v.GenericSchema> {
  const path = join(ROOT, "src/plugins", plugin, "config.ts");
  const { schema } = (await import(path)) as { schema?: v.GenericSchema };
  if (schema === undefined) throw new Error(`${path} exports no schema`);
  return schema;
}
