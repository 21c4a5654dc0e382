/** The commands about calls that were made: recorded, shown, made again. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { defined } from "../../base/index.ts";
import { isOperation, OPERATIONS } from "../../spec/index.ts";
import type { ReplayOptions } from "../command/replay.ts";
import type { ExportOptions, OnOptions, TraceOptions } from "../command/trace.ts";
import * as read from "../values.ts";
import { partMeant } from "./default-command.ts";
import type { Tree } from "./tree.ts";

type Json = { readonly json?: boolean };

const load = async (): Promise<typeof import("../command/trace.ts")> =>
  await import("../command/trace.ts");

export function addTraceCommands(tree: Tree): void {
  const { program, io, finish } = tree;
  const trace = program
    .command("trace")
    .description("show the calls of plugins that were recorded");
  addList(trace, tree);
  trace
    .command("on")
    .description("record the calls of this node from now on, secrets masked")
    .addOption(new Option("--for <time>", "so long, such as 10m").argParser(read.readDuration))
    .option("--network <name>", "those on this network; repeatable", collect)
    .addOption(
      new Option(
        "--operation <name>",
        "those of this operation, such as ADD; repeatable",
      ).argParser(readOperations),
    )
    .addOption(
      new Option("--size <MiB>", "keep so many MiB at most, the newest (default: 16)").argParser(
        readSize,
      ),
    )
    .option("--json", "answer in JSON, errors too")
    .action(async (options: OnOptions) => finish(await (await load()).runTraceOn(io, options)));
  trace
    .command("off")
    .description("record nothing more")
    .option("--clear", "remove what is recorded, too")
    .option("--json", "answer in JSON, errors too")
    .action(async (options: Json & { readonly clear?: boolean }) =>
      finish(await (await load()).runTraceOff(io, options)),
    );
  trace
    .command("status")
    .description("tell whether calls are recorded, and how much there is")
    .option("--json", "answer in JSON, errors too")
    .action(async (options: Json) => finish(await (await load()).runTraceStatus(io, options)));
  trace
    .command("show")
    .description("draw how an operation went on over time")
    .argument(
      "<call>",
      "its ID, or a beginning of it; or a container or pod: all of its operations",
    )
    .option("--json", "answer in JSON, errors too")
    .action(async (call: string, options: Json) =>
      finish(await (await load()).runTraceShow(io, call, options)),
    );
  trace
    .command("export")
    .description("print recorded calls for a bug report, or for replay on another machine")
    .argument("[calls...]", "IDs, containers or pods; without any: all")
    .option("--output <file>", "write them there")
    .option("--json", "answer in JSON, errors too; with --output")
    .action(async (calls: string[], options: ExportOptions) =>
      finish(await (await load()).runTraceExport(io, calls, options)),
    );
  addReplay(tree);
}

function addList(trace: Command, { io, finish }: Tree): void {
  trace
    .command("list", { isDefault: true })
    .description("list the last operations")
    .argument(
      "[container]",
      "of this one: its ID, a beginning of it, or its pod; without it: of all",
    )
    .option("--network <name>", "on this network")
    .option("--plugin <type>", "in which this plugin took part")
    .addOption(
      new Option("--operation <name>", "ADD, DEL, CHECK, GC or STATUS").argParser(readOperation),
    )
    .option("--failed", "that failed")
    .addOption(
      new Option("--slow <time>", "that took so long or longer, such as 500ms").argParser(
        read.readDuration,
      ),
    )
    .addOption(new Option("--last <count>", "how many (default: 20)").argParser(readCount))
    .option("--follow", "go on with those that come, until you press Ctrl+C")
    .option("--json", "answer in JSON, errors too")
    .action(async (container: string | undefined, options: TraceOptions) =>
      finish(
        await (await load()).runTrace(io, {
          ...options,
          ...defined({
            container,
            commandMeant: container === undefined ? undefined : partMeant(trace, container),
          }),
        }),
      ),
    );
}

function addReplay({ program, io, finish }: Tree): void {
  program
    .command("replay")
    .description("make recorded calls again on a throwaway host, and tell what differs")
    .argument("<call>", "ID of a recorded call, a container or pod, or a file of trace export")
    .option(
      "--plugin <path>",
      "an executable in place of the recorded ones, or a directory of them",
    )
    .option("--netns <netns>", "namespace of the container (default: a new one)")
    .option("--here", "on this very host, which changes it")
    .addOption(
      new Option("--timeout <time>", "the longest a call may take (default: 60s)").argParser(
        read.readDuration,
      ),
    )
    .option("--json", "answer in JSON, errors too")
    .action(async (call: string, options: ReplayOptions) => {
      const { runReplay } = await import("../command/replay.ts");
      finish(await runReplay(io, call, options));
    });
}

function collect(text: string, before: string[] = []): string[] {
  return [...before, text];
}

function readOperations(text: string, before: string[] = []): string[] {
  return [...before, readOperation(text)];
}

function readOperation(text: string): string {
  const name = text.toUpperCase();
  if (isOperation(name)) return name;
  throw new InvalidArgumentError(`It must be one of ${OPERATIONS.join(", ")}.`);
}

const COUNT_MAX = 100_000;

function readCount(text: string): number {
  const count = /^\d{1,6}$/u.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= COUNT_MAX) return count;
  throw new InvalidArgumentError(`Write a number from 1 to ${COUNT_MAX}.`);
}

const MIB = 1024 * 1024;
const MIB_MAX = 1024;

/** Gives bytes. */
function readSize(text: string): number {
  const size = /^\d{1,4}$/u.test(text) ? Number(text) : 0;
  if (size >= 1 && size <= MIB_MAX) return size * MIB;
  throw new InvalidArgumentError(`Write a number of MiB from 1 to ${MIB_MAX}.`);
}
