/** The manual page of `hawser`, made of the command tree. */
import type { Command } from "commander";

/** What a manual page is made of. */
export interface ManualSource {
  readonly program: Command;
  /** What the help of the whole program ends with. */
  readonly notes: string;
}

/** hawser(1) as man reads it. */
export function manualPage({ program, notes }: ManualSource, version: string): string {
  const help = program.createHelp();
  const commands = help
    .visibleCommands(program)
    .filter((command) => command.name() !== "help")
    .flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  return [
    `.TH ${program.name().toUpperCase()} 1 "" "Hawser ${version}"`,
    ".SH NAME",
    `${program.name()} \\- ${plain(program.description()).replace(/\.$/, "")}`,
    ".SH SYNOPSIS",
    `.B ${program.name()}`,
    "[options] command [arguments]",
    ".SH COMMANDS",
    ...commands.flatMap((command) => [
      `.SS ${plain(help.commandUsage(command).split(" ").slice(1).join(" "))}`,
      plain(sentence(command.description())),
      ...help.visibleArguments(command).flatMap((argument) => {
        return entry(argument.name(), argument.description);
      }),
      ...help
        .visibleOptions(command)
        .flatMap(({ flags, description }) => entry(flags, description)),
    ]),
    ".SH NOTES",
    ...notes
      .trim()
      .split(/\n{2,}/)
      .flatMap((paragraph) => [".PP", plain(paragraph)]),
    ".SH SEE ALSO",
    "cnitool, which is the same program by that name: cnitool add|check|del|gc|status NETWORK NETNS",
    "",
  ].join("\n");
}

/** A term and what it means, indented. */
function entry(term: string, meaning: string): string[] {
  return [".TP", `.B ${plain(term)}`, plain(meaning)];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

/** Text that man prints as it is: hyphens stay hyphens, and no line is taken for a request. */
function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .split("\n")
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join("\n");
}
