/** The command that makes completion scripts, and those that the scripts ask. */
import { completionScript, isShell, SHELLS } from "../completion/index.ts";
import { ExitCode } from "../io.ts";
import { confDir } from "../request.ts";
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
  program.command("networks", { hidden: true }).action(async () => {
    const { loadNetworks } = await import("../../runtime/index.ts");
    const { networks } = loadNetworks(confDir(io, {}));
    io.stdout.write(networks.map(({ config }) => `${config.name}\n`).join(""));
    finish(ExitCode.DONE);
  });
}
