/** The command that makes completion scripts, and those that the scripts ask. */
import { completionScript, isShell, SHELLS } from "../completion/index.ts";
import { ExitCode } from "../io.ts";
import type { Tree } from "./tree.ts";

export function addCompletion({ program, io, finish }: Tree): void {
  program
    .command("completion")
    .description("print a completion script for your shell")
    .argument("<shell>", SHELLS.join(", "))
    .action((shell: string) => {
      if (!isShell(shell)) {
        io.stderr.write(`error: no completion for ${shell}: one of ${SHELLS.join(", ")}\n`);
        finish(ExitCode.USAGE);
        return;
      }
      io.stdout.write(completionScript(program, shell));
      finish(ExitCode.DONE);
    });
  program
    .command("complete", { hidden: true })
    .argument("<kind>")
    .action(async (kind: string) => {
      const { runComplete } = await import("../command/complete.ts");
      finish(await runComplete(io, kind));
    });
}
