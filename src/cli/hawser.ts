/** The command tree of `hawser`. Start-up is what people wait for: commands load their own code. */
import { Command, CommanderError } from "commander";
import { printJson } from "../spec/index.ts";
import { addConformance } from "./conformance/options.ts";
import { addExamples } from "./examples.ts";
import { tellFailure, usageJson } from "./failure.ts";
import { type CliIo, ExitCode } from "./io.ts";
import { addAddressCommands } from "./tree/addresses.ts";
import { addAttachmentCommands } from "./tree/attachment.ts";
import { addCluster } from "./tree/cluster.ts";
import { addCompletion } from "./tree/completion.ts";
import { addDaemons } from "./tree/daemons.ts";
import { addDoctor } from "./tree/doctor.ts";
import { addInstallation } from "./tree/installation.ts";
import { addMap } from "./tree/map.ts";
import { addNetworkCommands } from "./tree/network.ts";
import { addSync } from "./tree/sync.ts";
import { addTraceCommands } from "./tree/trace.ts";
import type { Tree } from "./tree/tree.ts";
import { addUi } from "./tree/ui.ts";
import { addValidation } from "./tree/validate.ts";
import { addDiff, addViewCommands } from "./tree/view.ts";
import { readText } from "./values.ts";
import { VERSION } from "./version.ts";

/** What the whole of `hawser --help` ends with. */
export const NOTES = `
A network is a name, searched in the configuration directory, or the path of a file (with a slash).
A namespace is a path, or a name without a slash that \`ip netns\` knows.

Environment: NETCONFPATH, CNI_PATH, CNI_ARGS, CAP_ARGS and CNI_IFNAME, as cnitool; an option wins
over its variable. NO_COLOR switches colours off.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration missing or wrong, 4 try again later,
5 done but the answer could not be written, 130 and 143 interrupted.`;

/** Of a help that goes to no terminal. */
const HELP_WIDTH = 80;

/** Some commands, and what adds them to the tree. */
interface Group {
  readonly names: readonly string[];
  readonly add: (tree: Tree) => void;
}

/** In the order of the help. Those that look at the whole tree have no names here: it is there then. */
export const GROUPS: readonly Group[] = [
  { names: ["add", "check", "del", "plan"], add: addAttachmentCommands },
  { names: ["diff"], add: addDiff },
  { names: ["ls", "show", "networks", "watch"], add: addViewCommands },
  { names: ["map"], add: addMap },
  { names: ["gc", "status", "version"], add: addNetworkCommands },
  { names: ["ip", "ports", "pools"], add: addAddressCommands },
  { names: ["validate"], add: addValidation },
  { names: ["sync"], add: addSync },
  { names: ["cluster"], add: addCluster },
  { names: ["doctor"], add: addDoctor },
  { names: ["trace", "replay"], add: addTraceCommands },
  { names: ["ui", "report"], add: addUi },
  { names: ["daemon", "dhcp"], add: addDaemons },
  { names: [], add: (tree) => addInstallation(tree, NOTES) },
  { names: ["conformance"], add: addConformanceCommand },
  { names: [], add: addCompletion },
];

/** Runs the command line once and gives its exit code. */
export async function runHawser(io: CliIo): Promise<number> {
  let code: number = ExitCode.DONE;
  const finish = (result: number): void => {
    code = result;
  };
  // Of a tree with all commands most of the work is for those that are not meant.
  const named = GROUPS.filter(({ names }) => names.includes(io.words[0] ?? ""));
  const program = makeProgram(io, finish, named.length > 0 ? named : GROUPS);
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

function addConformanceCommand({ program, io, finish }: Tree): void {
  addConformance(program, async (of, subject, options) => {
    const { runConformance } = await import("./command/conformance.ts");
    finish(await runConformance(io, of, subject, options));
  });
}

/** The tree itself, or a part of it; completions and documents are made of it, too. */
export function makeProgram(
  io: CliIo,
  finish: Tree["finish"],
  groups: readonly Group[] = GROUPS,
): Command {
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
      getOutHelpWidth: () => io.stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_WIDTH,
      getOutHasColors: () => io.stdout.color,
      getErrHasColors: () => io.stderr.color,
    });
  const tree: Tree = { program, io, finish };
  for (const { add } of groups) add(tree);
  refuseEmpty(program);
  addExamples(program);
  return program;
}

/** An empty directory or file would be the current directory, and an empty name would fit nothing. */
function refuseEmpty({ commands, options }: Command): void {
  for (const option of options) {
    if (option.required && option.parseArg === undefined) option.argParser(readText);
  }
  for (const command of commands) refuseEmpty(command);
}
