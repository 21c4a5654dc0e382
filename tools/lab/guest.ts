/** What runs inside of the lab's machine: the kernel tests, and then one line with their outcomes. */
import { runWorldTests } from "../test/bun-tests.ts";
import { inParallel } from "../test/process.ts";
import { outcomesLine, readJob } from "./job.ts";

/** One for each of the machine's processors. */
const WIDTH = 2;

const { files } = readJob(await Bun.file("/lab.json").text());
const outcomes = await inParallel(files, WIDTH, async ({ path, name }) => {
  return await runWorldTests([{ path, kind: "netns" }], { name });
});
console.log(outcomesLine(outcomes.flat()));
