/** cnitool, as the CNI project's: same environment, same output; an error is printed once. */
import { resolve } from "node:path";
import { confDirOf, errorText } from "../../base/index.ts";
import { splitPath } from "../../invoke/index.ts";
import { loadNetwork, Runtime, type RuntimeConf } from "../../runtime/index.ts";
import {
  CniError,
  isObject,
  type JsonObject,
  kindOf,
  type NetworkConfig,
  parseArgs,
  parseJson,
  printResult,
} from "../../spec/index.ts";
import { completionOfTree, isShell, SHELLS } from "../completion/index.ts";
import type { CliIo } from "../io.ts";
import { recordingExecutor } from "../recorded.ts";
import { idOf } from "../request.ts";
import { rememberedOf } from "../session.ts";
import {
  CommandLineError,
  isOperationWord,
  type OperationWord,
  readWords,
  type Words,
} from "./command-line.ts";
import { cnitoolTree, commandHelp, isCommand, programHelp, usageOf } from "./texts.ts";

const FAILED = 1;
const WORDS_NEEDED = 2;

/** Runs cnitool once and gives its exit code. */
export async function runCnitool(io: CliIo): Promise<number> {
  let usage: string | undefined;
  try {
    const words = readWords(io.words);
    const { command, rest } = words;
    if (command === undefined || words.help) {
      io.stdout.write(command === undefined ? programHelp() : commandHelp(command));
      return 0;
    }
    if (command === "help") return help(io, rest[0]);
    usage = command;
    if (command === "completion") return complete(io, rest);
    if (!isOperationWord(command)) throw unknownCommand(command);
    await runOperation(io, command, words);
    return 0;
  } catch (error) {
    tell(io, error, usage);
    return FAILED;
  }
}

async function runOperation(io: CliIo, word: OperationWord, words: Words): Promise<void> {
  const [name, netns] = words.rest;
  if (name === undefined || netns === undefined) {
    const text = `requires at least ${WORDS_NEEDED} arg(s), only received ${words.rest.length}`;
    throw new CommandLineError(text, word);
  }
  // In this order, since the first mistake is the one that is printed.
  const runtime = runtimeOf(io, word);
  const config = networkOf(io, word, name, runtime);
  const capabilityArgs = capabilitiesOf(io);
  const args = io.env["CNI_ARGS"] ? parseArgs(io.env["CNI_ARGS"]) : undefined;
  const ifName = words.ifName || io.env["CNI_IFNAME"] || "eth0";
  const path = resolve(io.cwd, netns);
  const conf: RuntimeConf = {
    containerId: idOf("cnitool", path),
    netns: path,
    ifName,
    ...(args && { args }),
    ...(capabilityArgs && { capabilityArgs }),
  };
  await perform(io, word, { runtime, config, conf });
}

/** A file that is gone does not keep what was attached by it: its latest configuration is remembered. */
function networkOf(io: CliIo, word: OperationWord, name: string, runtime: Runtime): NetworkConfig {
  try {
    return loadNetwork(confDirOf(io.env), name).config;
  } catch (error) {
    const remembered =
      word === "add" || word === "status" ? undefined : rememberedOf(runtime, name);
    if (remembered === undefined) throw error;
    const why = errorText(error);
    io.stderr.write(`warning: ${why}; the configuration of the latest add is used\n`);
    return remembered;
  }
}

function runtimeOf(io: CliIo, word: OperationWord): Runtime {
  return new Runtime({
    pluginDirs: splitPath(io.env["CNI_PATH"] ?? ""),
    executor: recordingExecutor(io.program, { env: io.env, by: "cnitool" }),
    env: io.env,
    onStderr: (text) => io.stderr.write(text),
    // What goes with a failed ADD is not said, as by the Go cnitool: its error is.
    ...(word !== "add" && { onWarning: (text: string) => io.stderr.write(`warning: ${text}\n`) }),
  });
}

interface Work {
  readonly runtime: Runtime;
  readonly config: NetworkConfig;
  readonly conf: RuntimeConf;
}

async function perform(
  io: CliIo,
  word: OperationWord,
  { runtime, config, conf }: Work,
): Promise<void> {
  const call = { signal: io.signal };
  if (word === "add") {
    const result = await runtime.add(config, conf, call);
    io.stdout.write(printResult(result, config.cniVersion));
  } else if (word === "check") {
    await runtime.check(config, conf, call);
  } else if (word === "del") {
    await runtime.del(config, conf, call);
  } else if (word === "gc") {
    // cnitool knows of no attachment that is valid: all of the network's are removed.
    await runtime.gc(config, [], call);
  } else {
    await runtime.status(config, call);
  }
}

function capabilitiesOf({ env }: CliIo): JsonObject | undefined {
  const text = env["CAP_ARGS"] ?? "";
  if (text === "") return undefined;
  const value = parseJson(text);
  if (value === null) return undefined;
  if (isObject(value)) return value;
  throw new Error(
    `json: cannot unmarshal ${kindOf(value)} into Go value of type map[string]interface {}`,
  );
}

/** A topic that there is not is no failure in the CNI project's program either. */
function help(io: CliIo, topic: string | undefined): number {
  if (topic === undefined || isCommand(topic)) {
    io.stdout.write(commandHelp(topic ?? ""));
  } else {
    io.stderr.write(`Unknown help topic [\`${topic}\`]\n${programHelp()}`);
  }
  return 0;
}

function complete(io: CliIo, [shell, more]: readonly string[]): number {
  if (shell === undefined) {
    io.stdout.write(commandHelp("completion"));
    return 0;
  }
  if (!isShell(shell)) {
    throw new CommandLineError(`name a shell: one of ${SHELLS.join(", ")}`, "completion");
  }
  if (more !== undefined) throw unknownCommand(more, `cnitool completion ${shell}`);
  io.stdout.write(completionOfTree(cnitoolTree(), shell));
  return 0;
}

function unknownCommand(word: string, program = "cnitool"): CommandLineError {
  return new CommandLineError(`unknown command ${JSON.stringify(word)} for "${program}"`);
}

/** `Error:` with the message, then how the command is called; nothing twice. */
function tell(io: CliIo, thrown: unknown, command: string | undefined): void {
  if (thrown instanceof CommandLineError) {
    const usage =
      thrown.usage === undefined ? "Run 'cnitool --help' for usage.\n" : usageOf(thrown.usage);
    io.stderr.write(`Error: ${thrown.message}\n${usage}`);
    return;
  }
  const message = thrown instanceof CniError ? thrown.message : CniError.from(thrown).message;
  io.stderr.write(`Error: ${message}\n${command === undefined ? "" : usageOf(command)}`);
}
