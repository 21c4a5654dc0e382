/** The command line, `hawser` and `cnitool`, as functions of what they are given. */
export { runCnitool } from "./cnitool/index.ts";
export { duration } from "./durations.ts";
export { runHawser } from "./hawser.ts";
export { type CliIo, ExitCode, type Output } from "./io.ts";
export { ownExecutor } from "./own.ts";
export { Account, resultLines } from "./report.ts";
