/**
 * `npm run setup`: brings what tests need beside Node and npm. On Debian and Ubuntu it installs packages,
 * and prints each command before it runs it; elsewhere it names them. `--dry-run` only prints; names
 * of packages (Debian's) choose some.
 */
import { parseArgs } from "node:util";
import { thisMachine } from "./setup/machine.ts";
import { setUp } from "./setup/setup.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean" } },
});
const isDry = values["dry-run"] === true;
process.exitCode = setUp(thisMachine(isDry), (line) => console.log(line), positionals);
