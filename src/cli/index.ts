/** The command line: `hawser` and `cnitool`, as functions of what they are given. */
export { runCnitool } from "./cnitool/index.ts";
export { runHawser } from "./hawser.ts";
export { type CliIo, ExitCode, type Output } from "./io.ts";
