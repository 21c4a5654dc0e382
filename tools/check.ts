/** `npm run check`: all that can be said about the code without privilege and without a build. */
import { runSteps } from "./check/steps.ts";
import { runUnitTests } from "./test/bun-tests.ts";
import { testFiles } from "./test/files.ts";
import { exitCode, judgeSkips, summary } from "./test/outcome.ts";

const files = (await testFiles([])).filter(({ kind }) => kind === "unit");
const outcomes = judgeSkips([...(await runSteps()), ...(await runUnitTests(files))]);
console.log(summary(outcomes));
process.exitCode = exitCode(outcomes);
