/** The commands that put Hawser on a node and take it away. */
import type { InstallOptions, UninstallOptions } from "../command/install.ts";
import type { Tree } from "./tree.ts";

export function addInstallation({ program, io, finish }: Tree, notes: string): void {
  const installation = async (): Promise<typeof import("../command/install.ts")> =>
    await import("../command/install.ts");
  program
    .command("install")
    .description("put this executable and its plugins on the node")
    .option("--bin-dir <dir>", "where plugins lie (default: /opt/cni/bin)")
    .option("--conflist <file>", "a network's configuration to install, last of all")
    .option("--conf-dir <dir>", "where networks are configured (default: /etc/cni/net.d)")
    .option("--systemd", "install the units of the node daemon, too")
    .option("--unit-dir <dir>", "where units lie (default: /etc/systemd/system)")
    .option("--prefix <dir>", "where commands, manual and completions go (default: /usr/local)")
    .option("--no-commands", "install none of these")
    .option("--replace", "put files of others aside, until uninstall puts them back")
    .option("--dry-run", "print what would be done, and touch nothing")
    .option("--verify", "tell whether all is as it was installed, and change nothing")
    .option("--json", "answer in JSON, errors too")
    .action(async (options: InstallOptions) => {
      finish(await (await installation()).runInstall(io, options, { program, notes }));
    });
  program
    .command("uninstall")
    .description("take away what install has put, and put back what was there")
    .option("--bin-dir <dir>", "where plugins lie (default: /opt/cni/bin)")
    .option("--cache-dir <dir>", "where attachments are remembered (default: the usual places)")
    .option("--force", "although containers are attached that need the plugins")
    .option("--dry-run", "print what would be done, and touch nothing")
    .option("--json", "answer in JSON, errors too")
    .action(async (options: UninstallOptions) => {
      finish(await (await installation()).runUninstall(io, options));
    });
}
