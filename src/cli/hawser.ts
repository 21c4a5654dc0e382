/** The command tree of `hawser`. Start-up is what people wait for: commands load their own code. */
import { Command, CommanderError, Option } from "commander";
import type { DaemonFlags } from "../daemon/index.ts";
import { printJson } from "../spec/index.ts";
import type { DaemonQuestions } from "./command/daemon.ts";
import type { GcOptions } from "./command/gc.ts";
import type { InstallOptions, UninstallOptions } from "./command/install.ts";
import { completionScript, isShell, SHELLS } from "./completion/index.ts";
import { addConformance } from "./conformance/options.ts";
import { tellFailure, usageJson } from "./failure.ts";
import { type CliIo, ExitCode } from "./io.ts";
import { type CommonOptions, confDir } from "./request.ts";
import * as read from "./values.ts";
import { VERSION } from "./version.ts";

/** What the whole of `hawser --help` ends with. */
const NOTES = `
A network is a name, searched in the configuration directory, or the path of a file (with a slash).
A namespace is a path, or a name without a slash that \`ip netns\` knows.

Environment: NETCONFPATH, CNI_PATH, CNI_ARGS, CAP_ARGS and CNI_IFNAME, as cnitool; an option wins
over its variable. NO_COLOR switches colours off.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration missing or wrong, 4 try again later,
5 done but the answer could not be written, 130 and 143 interrupted.`;

type Finish = (code: number) => void;

/** Runs the command line once and gives its exit code. */
export async function runHawser(io: CliIo): Promise<number> {
  let code: number = ExitCode.DONE;
  const program = makeProgram(io, (result) => {
    code = result;
  });
  if (io.words.length === 0) {
    program.outputHelp();
    return code;
  }
  try {
    await program.parseAsync([...io.words], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellFailure(io, error, false);
    if (error.exitCode === 0) return ExitCode.DONE;
    const said = usageJson(error.message);
    if (wantsJson(io)) io.stdout.write(`${printJson({ error: said }, 2)}\n`);
    return ExitCode.USAGE;
  }
}

/** Whether the answer is for a program, on a command line that may be no good. */
function wantsJson({ words }: CliIo): boolean {
  return words.includes("--json");
}

/** The tree itself; completions and documents are made of it, too. */
export function makeProgram(io: CliIo, finish: Finish): Command {
  const program = new Command("hawser")
    .description("Attach containers to networks by the Container Network Interface.")
    .version(VERSION, "-V, --version", "print Hawser's own version")
    .helpCommand("help [command]", "tell more about a command")
    .helpOption("-h, --help", "print this")
    .addHelpText("after", NOTES)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => {
        if (!wantsJson(io)) io.stderr.write(text);
      },
      getOutHasColors: () => io.stdout.color,
      getErrHasColors: () => io.stderr.color,
    });
  addAttachmentCommands(program, io, finish);
  addNetworkCommands(program, io, finish);
  addDaemons(program, io, finish);
  addInstallation(program, io, finish);
  addConformance(program, async (of, subject, options) => {
    const { runConformance } = await import("./command/conformance.ts");
    finish(await runConformance(io, of, subject, options));
  });
  addCompletion(program, io, finish);
  return program;
}

function addAttachmentCommands(program: Command, io: CliIo, finish: Finish): void {
  type Run = (io: CliIo, network: string, netns: string, options: CommonOptions) => Promise<number>;
  const attachment = async (): Promise<typeof import("./command/attachment.ts")> =>
    await import("./command/attachment.ts");
  const commands: readonly [string, string, () => Promise<Run>][] = [
    ["add", "attach a container", async () => (await attachment()).runAdd],
    [
      "check",
      "tell whether an attachment is as it should be",
      async () => (await attachment()).runCheck,
    ],
    ["del", "take an attachment away", async () => (await attachment()).runDel],
    [
      "plan",
      "print what add would do, and touch nothing",
      async () => (await import("./command/plan.ts")).runPlan,
    ],
  ];
  for (const [name, description, load] of commands) {
    const command = program.command(name).description(description);
    command.argument("<network>", "name of the network, or path of its configuration");
    if (name === "del" || name === "check") {
      command.argument("[netns]", "namespace of the container; not needed with --id", "");
    } else {
      command.argument("<netns>", "namespace of the container");
    }
    addIdentityOptions(command);
    if (name !== "check") addCapabilityOptions(command);
    addRuntimeOptions(command);
    command.action(async (network: string, netns: string, options: CommonOptions) => {
      finish(await (await load())(io, network, netns, options));
    });
  }
}

function addNetworkCommands(program: Command, io: CliIo, finish: Finish): void {
  const gc = program
    .command("gc")
    .description("remove what belongs to no valid attachment")
    .argument("<network>", "name of the network, or path of its configuration")
    .argument("[netns]", "not used; the other commands have one")
    .option("--valid <id:ifname>", "an attachment to keep; once for each", read.readValid)
    .option("--none-valid", "keep none: remove everything of this network")
    .option("--dead", "remove those whose namespace is gone, and nothing else")
    .option("--dry-run", "print what of the known attachments would be removed");
  addRuntimeOptions(gc).action(async (name: string, _netns: unknown, options: GcOptions) => {
    const { runGc } = await import("./command/gc.ts");
    finish(await runGc(io, name, options));
  });
  const status = program
    .command("status")
    .description("tell whether networks are ready to attach containers")
    .argument("[network]", "name of the network, or path of its configuration; without it: all")
    .argument("[netns]", "not used; the other commands have one");
  addRuntimeOptions(status).action(
    async (name: string | undefined, _: unknown, options: CommonOptions) => {
      const { runStatus } = await import("./command/status.ts");
      finish(await runStatus(io, name, options));
    },
  );
  const version = program
    .command("version")
    .description("print the protocol versions that a network's plugins support")
    .argument("[network]", "name of the network; without it: Hawser's own version")
    .argument("[netns]", "not used; the other commands have one");
  addRuntimeOptions(version).action(
    async (name: string | undefined, _: unknown, options: CommonOptions) => {
      if (name === undefined) {
        io.stdout.write(ownVersion(options.json === true));
        finish(ExitCode.DONE);
        return;
      }
      const { runVersion } = await import("./command/version.ts");
      finish(await runVersion(io, name, options));
    },
  );
}

function ownVersion(json: boolean): string {
  const answer = { operation: "VERSION", hawser: VERSION };
  return json ? `${printJson(answer, 2)}\n` : `hawser ${VERSION}\n`;
}

/** Flags of a daemon are its own, in the shape that its Go namesake has them. */
function addDaemons(program: Command, io: CliIo, finish: Finish): void {
  program
    .command("daemon")
    .description("serve the plugins' entry programs: one process does all their work")
    .option("--socket <path>", "where to listen (default: HAWSER_SOCKET, /run/hawser/daemon.sock)")
    .option("--replace", "take the place of a daemon that runs")
    .option("--dhcp", "keep the DHCP leases, too")
    .option("--dhcp-socket <path>", "where the dhcp plugin asks (default: /run/cni/dhcp.sock)")
    .option("--metrics <address:port>", "tell health and metrics by HTTP there, too")
    .addOption(
      new Option(
        "--reconcile-interval <time>",
        "how often to look for attachments whose namespace is gone (default: 1m)",
      ).argParser(read.readDuration),
    )
    .addOption(
      new Option(
        "--reconcile-grace <time>",
        "how long a namespace is gone before its attachment is removed (default: 1m)",
      ).argParser(read.readDuration),
    )
    .option("--no-reconcile", "remove no attachments")
    .option("--status", "ask the daemon that runs how it is: exit code 0 when it is ready")
    .addOption(
      new Option(
        "--history [address]",
        "print when which attachment had which addresses, or had this one",
      ).argParser(read.readAddress),
    )
    .addOption(
      new Option("--at <time>", "of the history, what was at that time").argParser(read.readTime),
    )
    .action(async (flags: DaemonFlags & DaemonQuestions) => {
      const { runDaemonCommand } = await import("./command/daemon.ts");
      finish(await runDaemonCommand(io, flags));
    });
  program
    .command("dhcp")
    .description("serve the dhcp plugin")
    .command("daemon")
    .description("keep DHCP leases; -help tells its flags")
    .argument("[flags...]", "flags of the daemon, such as -socketpath PATH")
    .allowUnknownOption(true)
    .helpOption(false)
    .action(async (flags: string[]) => {
      const { runDhcp } = await import("./command/dhcp.ts");
      finish(await runDhcp(io, flags));
    });
}

function addInstallation(program: Command, io: CliIo, finish: Finish): void {
  const installation = async (): Promise<typeof import("./command/install.ts")> =>
    await import("./command/install.ts");
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
      finish(await (await installation()).runInstall(io, options, { program, notes: NOTES }));
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

function addCompletion(program: Command, io: CliIo, finish: Finish): void {
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
    const { loadNetworks } = await import("../runtime/index.ts");
    const { networks } = loadNetworks(confDir(io, {}));
    io.stdout.write(networks.map(({ config }) => `${config.name}\n`).join(""));
    finish(ExitCode.DONE);
  });
}

function addIdentityOptions(command: Command): Command {
  return command
    .option("-i, --ifname <name>", "interface in the container (default: eth0)", read.readIfName)
    .option(
      "--id <id>",
      "container ID, for check and del also its beginning (default: made of the namespace's path)",
      read.readContainerId,
    )
    .option("-a, --arg <K=V>", "argument for the plugins; repeatable", read.readArgs);
}

function addCapabilityOptions(command: Command): Command {
  return command
    .option("--cap <json>", "capability arguments, a JSON object", read.readCapabilities)
    .option(
      "-p, --port <mapping>",
      "[hostIP:]hostPort:containerPort[/tcp|udp|sctp]; repeatable",
      read.readPort,
    )
    .option("--mac <address>", "hardware address of the container's interface", read.readMac)
    .option("--ip <address>", "address of the container; repeatable", read.readIp);
}

function addRuntimeOptions(command: Command): Command {
  return command
    .option("--conf-dir <dir>", "where networks are configured (default: /etc/cni/net.d)")
    .option("--cache-dir <dir>", "where attachments are remembered (default: /var/lib/cni)")
    .option("--plugin-dir <dir>", "where plugins are searched; repeatable", read.readDirectory)
    .addOption(
      new Option("--timeout <time>", "the longest a plugin may take, such as 30s").argParser(
        read.readDuration,
      ),
    )
    .option("--json", "answer in JSON, errors too");
}
