/** The manual pages: of hawser, of each of its commands, of cnitool, and of the configurations. */
import type { Command } from "commander";
import { programHelp } from "../cnitool/texts.ts";
import { examplesOf, wordsOf } from "../examples.ts";
import { networkPage } from "./network.ts";
import { entry, head, paragraphs, plain, sentence, verbatim } from "./troff.ts";

/** What the manual pages are made of. */
export interface ManualSource {
  readonly program: Command;
  /** What the help of the whole program ends with. */
  readonly notes: string;
}

/** Every page by its path below `share/man`. */
export async function manualPages(
  source: ManualSource,
  version: string,
): Promise<Record<string, string>> {
  const commands = commandsOf(source.program);
  const pages = commands.map((command): [string, string] => {
    return [`man1/${nameOf(command)}.1`, commandPage(command, source, version)];
  });
  return {
    "man1/hawser.1": programPage(source, commands, version),
    ...Object.fromEntries(pages),
    "man1/cnitool.1": cnitoolPage(version),
    "man5/hawser-conflist.5": await networkPage(version),
  };
}

/** The commands that do something: of `trace on` not `trace`, but where that has a use by itself. */
function commandsOf(command: Command): Command[] {
  const inner = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help");
  return inner.flatMap((each) => [each, ...commandsOf(each)]);
}

function nameOf(command: Command): string {
  return ["hawser", ...wordsOf(command)].join("-");
}

function programPage(
  { program, notes }: ManualSource,
  commands: Command[],
  version: string,
): string {
  return page([
    ...head("hawser", 1, version, program.description()),
    ".SH SYNOPSIS",
    ".B hawser",
    "command [options] [arguments]",
    ".SH COMMANDS",
    ...commands.flatMap((command) =>
      entry(`${nameOf(command)}(1)`, sentence(command.description())),
    ),
    ".SH NOTES",
    ...paragraphs(notes),
    ".SH SEE ALSO",
    ".BR cnitool (1),",
    ".BR hawser\\-conflist (5)",
  ]);
}

function commandPage(command: Command, { notes }: ManualSource, version: string): string {
  const help = command.createHelp();
  const given = help.visibleArguments(command).map((argument) => {
    return entry(argument.name(), help.argumentDescription(argument));
  });
  const options = help.visibleOptions(command).map((option) => {
    return entry(option.flags, help.optionDescription(option));
  });
  const inner = commandsOf(command).map((each) => {
    return entry(`${nameOf(each)}(1)`, sentence(each.description()));
  });
  const examples = examplesOf(command);
  return page([
    ...head(nameOf(command), 1, version, command.description()),
    ".SH SYNOPSIS",
    plain(help.commandUsage(command)),
    ".SH DESCRIPTION",
    plain(sentence(command.description())),
    ...section("ARGUMENTS", given.flat()),
    ...section("COMMANDS", inner.flat()),
    ...section("OPTIONS", options.flat()),
    ...section(
      "EXAMPLES",
      examples.flatMap(({ text, line }) => [".PP", `${plain(sentence(text))}`, ...verbatim(line)]),
    ),
    ".SH NOTES",
    ...paragraphs(notes),
    ".SH SEE ALSO",
    ".BR hawser (1),",
    ".BR hawser\\-conflist (5)",
  ]);
}

function cnitoolPage(version: string): string {
  return page([
    ...head(
      "cnitool",
      1,
      version,
      "attach network namespaces to networks by CNI, for trying and testing",
    ),
    ".SH SYNOPSIS",
    ".B cnitool",
    "command network netns [flags]",
    ".SH DESCRIPTION",
    "Answers as the cnitool of the CNI project does, with the results of the specification on its",
    "standard output. The executable is that of hawser, called by this name.",
    ".SH USAGE",
    ...verbatim(programHelp().trimEnd()),
    ".SH SEE ALSO",
    ".BR hawser (1),",
    ".BR hawser\\-conflist (5)",
  ]);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

function page(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}
