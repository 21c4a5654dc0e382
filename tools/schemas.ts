/**
 * `npm run schemas`: writes the JSON Schemas of configurations, results and errors into schemas/, from
 * the definitions that the plugins decode with. A unit test holds that they are as this would write them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { documents, printed } from "./schemas/documents.ts";
import { ROOT } from "./test/files.ts";

for (const [path, value] of await documents()) {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, printed(value));
}
