/** What runs inside of the lab's machine: the kernel tests, and then one line with their outcomes. */
import { runWorldTests } from "../test/bun-tests.ts";
import { kindOf } from "../test/files.ts";
import { outcomesLine, readJob } from "./job.ts";

const { files, name, ci } = readJob(await Bun.file("/lab.json").text());
const chosen = files.map((path) => {
  return { path, kind: kindOf(path) };
});
if (ci) {
  process.env["CI"] = "true";
}
console.log(outcomesLine(await runWorldTests(chosen, { name })));
