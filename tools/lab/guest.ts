/** What runs inside of the lab's machine: the kernel tests, each with one line of report. */
import { runWorldTests } from "../test/bun-tests.ts";
import { kindOf } from "../test/files.ts";
import { inParallel } from "../test/process.ts";
import { readJob, reportLine } from "./job.ts";

/** One for each of the machine's processors. */
const WIDTH = 2;

const { files } = readJob(await Bun.file("/lab.json").text());
await inParallel(files, WIDTH, async ({ path, name }) => {
  const outcomes = await runWorldTests([{ path, kind: kindOf(path) }], { name });
  console.log(reportLine({ path, outcomes }));
});
