/** The commands that show the node in a browser. */
import { Option } from "commander";
import type { ReportOptions } from "../command/report.ts";
import type { UiOptions } from "../command/ui.ts";
import * as read from "../values.ts";
import { addLookOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addUi({ program, io, finish }: Tree): void {
  const ui = program
    .command("ui")
    .description("show the node's network in a browser, and change nothing")
    .addOption(
      new Option("--port <number>", "of 127.0.0.1 (default: any that is free)").argParser(
        read.readPortNumber,
      ),
    )
    .option("--socket <path>", "listen at a Unix socket instead, as for ssh -L")
    .option("--plugin-dir <dir>", "where plugins are searched; repeatable", read.readDirectory);
  addLookOptions(ui).action(async (options: UiOptions) => {
    const { runUi } = await import("../command/ui.ts");
    finish(await runUi(io, options));
  });
  const report = program
    .command("report")
    .description("write all that ui shows into one HTML file, to be sent to somebody")
    .option("-o, --output <file>", "where; - is standard output (default: a new file here)")
    .option("--mask-addresses", "a stand-in for each address, the same one everywhere")
    .option("--force", "write over a file that is there")
    .option("--plugin-dir <dir>", "where plugins are searched; repeatable", read.readDirectory);
  addLookOptions(report).action(async (options: ReportOptions) => {
    const { runReport } = await import("../command/report.ts");
    finish(await runReport(io, options));
  });
}
