/** The command that judges configuration files. */
import { Option } from "commander";
import type { ValidateOptions } from "../command/validate.ts";
import * as read from "../values.ts";
import type { Tree } from "./tree.ts";

export function addValidation({ program, io, finish }: Tree): void {
  program
    .command("validate")
    .description("judge the files that configure networks, before a container needs them")
    .argument("[path...]", "files or directories (default: where networks are configured)")
    .option("--strict", "let warnings count as errors do")
    .option("--fix", "mend what has one answer; comments and layout stay")
    .option("--dry-run", "with --fix: print what would change, and write nothing")
    .option("--rules", "print the rules and what each means, and judge nothing")
    .option("--node", "judge against this machine, too: executables, kernel, networks")
    .option("--no-node", "do not, though it is this machine's own directory")
    .option("--plugin-dir <dir>", "where plugins are searched; repeatable", read.readDirectory)
    .option("--conf-dir <dir>", "where networks are configured (default: /etc/cni/net.d)")
    .addOption(
      new Option("--format <form>", "how findings are printed").choices([
        "text",
        "github",
        "sarif",
      ]),
    )
    .option("--json", "answer in JSON, errors too")
    .addHelpText(
      "after",
      `
Exit codes: 0 no errors (with --strict no warnings either), 1 errors, 2 wrong usage, 3 nothing to
judge, or not all of it could be read.`,
    )
    .action(async (paths: readonly string[], options: ValidateOptions) => {
      const { runValidate } = await import("../command/validate.ts");
      finish(await runValidate(io, paths, options));
    });
}
