/** The commands below `hawser conformance` with their options, which are the same for plugins and runtimes. */

import { type Command, Option } from "commander";
import * as read from "../values.ts";

/** The options as they were given. */
export interface ConformanceOptions {
  readonly subject?: string;
  readonly profile?: "quick" | "full";
  readonly rule?: readonly `R${number}`[];
  readonly section?: readonly string[];
  readonly check?: readonly string[];
  readonly list?: boolean;
  readonly strict?: boolean;
  readonly seed?: number;
  readonly bail?: boolean;
  readonly timeout?: number;
  readonly known?: string;
  readonly writeKnown?: boolean;
  readonly json?: boolean;
  readonly tap?: boolean;
  readonly summary?: boolean;
  readonly verbose?: boolean;
  readonly report?: string;
  readonly junit?: string;
}

/** What is checked: an executable, or a runtime by its adapter. */
export type Of = "plugin" | "runtime";

/** Runs one of the commands; the subject is absent with `--list` alone. */
export type RunConformance = (
  of: Of,
  subject: string | undefined,
  options: ConformanceOptions,
) => Promise<void>;

const SECTIONS = ["1", "2", "3", "4", "5", "0.4.0"];

const NOTES = `
Exit codes: 0 no findings, 1 findings, 2 wrong usage, 3 this machine cannot run the suite, or the
suite itself failed, 130 and 143 interrupted.`;

export function addConformance(program: Command, run: RunConformance): void {
  const group = program
    .command("conformance")
    .description("tell whether a plugin or a runtime keeps the specification");
  const plugin = group
    .command("plugin")
    .description("drive an executable as a runtime does, and judge what it does")
    .argument("[executable]", "the plugin; not needed with --list")
    .option("--subject <file>", "what cannot be asked of the plugin: its subject.json");
  const runtime = group
    .command("runtime")
    .description("drive a runtime by its adapter, and judge what it asks of plugins")
    .argument("[adapter]", "what makes the runtime add, check and delete; not needed with --list");
  const commands = [
    ["plugin", plugin],
    ["runtime", runtime],
  ] as const;
  for (const [of, command] of commands) {
    addSelection(command);
    addJudgement(command);
    addOutputs(command);
    command.addHelpText("after", NOTES);
    command.action(async (subject: string | undefined, options: ConformanceOptions) => {
      await run(of, subject, options);
    });
  }
}

function addSelection(command: Command): void {
  command
    .addOption(
      new Option("--profile <name>", "how much is tried, quick without it").choices([
        "quick",
        "full",
      ]),
    )
    .option(
      "--rule <number>",
      "the checks of this rule alone, such as R45; repeatable",
      read.readRule,
    )
    .addOption(
      new Option("--section <number>", "those of a section of the specification; repeatable")
        .choices(SECTIONS)
        .argParser(read.readSection(SECTIONS)),
    )
    .option(
      "--check <name>",
      "this check alone; without @VERSION in all versions; repeatable",
      read.readCheck,
    )
    .option("--list", "print the checks and what each tries, and run none");
}

function addJudgement(command: Command): void {
  command
    .option("--strict", "let SHOULD count as MUST does")
    .option("--seed <number>", "of the order of the checks, 0 to 4294967295", read.readSeed)
    .option("--bail", "end with the first finding")
    .option(
      "--timeout <time>",
      "the longest that one call may take (default: 10s)",
      read.readDuration,
    )
    .option("--known <file>", "failures that are known, with their reasons")
    .option("--write-known", "write that file anew; the reasons in it are kept");
}

function addOutputs(command: Command): void {
  command
    .option("--json", "print the report in JSON, errors too")
    .option("--tap", "print the report in TAP 14")
    .option("--summary", "print one line, for a README")
    .option("--verbose", "tell also what passed, was skipped, and each call before a finding")
    .option("--report <file>", "write the report in JSON there, too")
    .option("--junit <file>", "write the report in JUnit's XML there, too");
}
