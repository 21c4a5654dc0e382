/**
 * `npm run schemas`: writes the JSON Schemas of configurations, results and errors into schemas/, from
 * the definitions that the plugins decode with, and from the forms of what is shown docs/api/openapi.json
 * and the shared parts of docs/cli.schema.json. A unit test holds that they are as this would write them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { documents, printed } from "./schemas/documents.ts";
import { ROOT } from "./test/files.ts";
import { run } from "./test/process.ts";

const written = await documents();
for (const [path, value] of written) {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, printed(value));
}
// What lies beside other documents has their form.
const beside = [...written.keys()].filter((path) => path.startsWith("docs/"));
await run([join(ROOT, "node_modules/.bin/biome"), "format", "--write", ...beside], {
  cwd: ROOT,
  timeoutSeconds: 60,
});
