/**
 * `npm run guides`: types the commands of the guides that need no client, each on a throwaway host of its own, and
 * writes down there what they print. With `--check` it writes nothing, and fails where a guide shows something else.
 * Words name guides; all of them without.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./demo/built.ts";
import { enterThrowawayHost, isInside } from "./demo/enter.ts";
import { playGuide } from "./guides/play.ts";
import { WALKED } from "./guides/walked.ts";

const { values, positionals } = parseArgs({
  options: { check: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length === 0 ? WALKED : positionals;

if (isInside(process.env)) {
  const [name = ""] = names;
  process.exit(playGuide(name, values.check));
}
const problem = await built();
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
let failed = 0;
for (const name of names) {
  const words = [name, ...(values.check ? ["--check"] : [])];
  failed += await enterThrowawayHost(fileURLToPath(import.meta.url), words, process.env);
}
process.exit(failed === 0 ? 0 : 1);
