/** What other programs of the project use of the command line; it is itself run by main.ts. */

export { ownExecutor } from "../plugins/registry/index.ts";
export { duration } from "./durations.ts";
export { runHawser } from "./hawser.ts";
export type { CliIo, Output } from "./io.ts";
export { Account, resultLines } from "./report.ts";
export { commandTexts } from "./texts.ts";
export { VERSION } from "./version.ts";
