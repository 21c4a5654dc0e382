/** What a completion script has to know of a command tree. */
import type { Command, Option } from "commander";

/** What a word may be completed to. */
export type ValueKind = "network" | "netns" | "directory" | "words" | "any";

/** An option of a command. */
export interface OptionTree {
  /** As they are typed: `-i`, `--ifname`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent for an option that takes no value. */
  readonly value?: ValueKind;
}

/** A command with its options, and what its positional words are. */
export interface CommandTree {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionTree[];
  readonly positions: readonly { readonly kind: ValueKind; readonly words: readonly string[] }[];
}

/** A program as completion scripts see it. */
export interface ProgramTree {
  readonly name: string;
  readonly commands: readonly CommandTree[];
}

/** Reads the tree of commands that `--help` prints. */
export function treeOf(program: Command): ProgramTree {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).map((command): CommandTree => {
    return {
      name: command.name(),
      description: command.description(),
      options: help.visibleOptions(command).map(optionTree),
      positions: positionsOf(command, program),
    };
  });
  return { name: program.name(), commands };
}

/** The words that may follow; of a command that only has further commands, their names. */
function positionsOf(command: Command, program: Command): CommandTree["positions"] {
  const further = command.commands.map((each) => each.name());
  if (further.length > 0) return [{ kind: "words", words: further }];
  return command.registeredArguments.map((argument) => ({
    kind: kindOfPosition(argument.name()),
    words: wordsOf(argument.name(), argument.description, program),
  }));
}

function optionTree(option: Option): OptionTree {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const { description } = option;
  if (!option.required && !option.optional) return { flags, description };
  const isDirectory = option.long?.endsWith("-dir") === true;
  return { flags, description, value: isDirectory ? "directory" : "any" };
}

function kindOfPosition(name: string): ValueKind {
  if (name === "network" || name === "netns") return name;
  return "words";
}

function wordsOf(name: string, description: string, program: Command): readonly string[] {
  if (name === "command") return program.commands.map((command) => command.name());
  return name === "shell" ? description.split(", ") : [];
}
