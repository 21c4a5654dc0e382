/** What a completion script has to know of a command tree. */
import type { Command, Help, Option } from "commander";

/** What a word may be completed to. */
export type ValueKind =
  | "network"
  | "attachment"
  | "container"
  | "pod"
  | "node"
  | "netns"
  | "directory"
  | "file"
  | "words"
  | "any";

/** What the program itself is asked for, by the plural. */
const ASKED: readonly ValueKind[] = ["network", "attachment", "container", "pod", "node"];

export function isAsked(kind: ValueKind): boolean {
  return ASKED.includes(kind);
}

/** An option of a command. */
export interface OptionTree {
  /** As they are typed: `-i`, `--ifname`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent for an option that takes no value. */
  readonly value?: ValueKind;
  /** What the value may be, if it is one of a few words. */
  readonly words?: readonly string[];
}

/** A positional word of a command. */
export interface Position {
  /** Its place among the positional words, from 0 on. */
  readonly at: number;
  readonly kind: ValueKind;
  readonly words: readonly string[];
  /** True where any number of them may follow. */
  readonly isRepeated?: boolean;
  /** The further command behind which it stands; absent where it does not depend on one. */
  readonly behind?: string;
}

/** A command with its options, and what its positional words are. */
export interface CommandTree {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionTree[];
  readonly positions: readonly Position[];
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
      options: optionsOf(command, help).map(optionTree),
      positions: positionsOf(command, program),
    };
  });
  return { name: program.name(), commands };
}

/** Its options; of a command that only has further commands, theirs, each once. */
function optionsOf(command: Command, help: Help): Option[] {
  const all = [...command.commands, command].flatMap((each) => help.visibleOptions(each));
  return [...new Map(all.map((option) => [option.flags, option])).values()];
}

/** The words that may follow; of a command that only has further commands, their names and words. */
function positionsOf(command: Command, program: Command): Position[] {
  if (command.commands.length > 0) {
    const further = command.commands.map((each) => each.name());
    const theirs = command.commands.flatMap((each) =>
      positionsOf(each, program).map((one) => ({ ...one, at: one.at + 1, behind: each.name() })),
    );
    return [{ at: 0, kind: "words", words: further }, ...theirs];
  }
  return command.registeredArguments.map((argument, at) => ({
    at,
    kind: kindOfPosition(argument.name()),
    words: wordsOf(argument.name(), argument.description, program),
    ...(argument.variadic ? { isRepeated: true } : {}),
  }));
}

function optionTree(option: Option): OptionTree {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const { description } = option;
  if (!option.required && !option.optional) return { flags, description };
  if (option.argChoices !== undefined) {
    return { flags, description, value: "words", words: option.argChoices };
  }
  return { flags, description, value: kindOfValue(option) };
}

/** What options are, by their names. */
const OPTIONS: Readonly<Record<string, ValueKind>> = {
  ...{ "--network": "network", "--node": "node", "--id": "attachment" },
  ...{ "--container": "container", "--pod": "pod" },
};

function kindOfValue({ flags, long }: Option): ValueKind {
  if (flags.includes("<file>") || flags.includes("<path>")) return "file";
  const known = long === undefined ? undefined : OPTIONS[long];
  return known ?? (long?.endsWith("-dir") === true ? "directory" : "any");
}

/** What arguments are, by their names. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  ...{ network: "network", netns: "netns", node: "node" },
  ...{ attachment: "attachment", container: "attachment", call: "attachment", calls: "attachment" },
  ...{ executable: "file", adapter: "file", path: "file" },
};

function kindOfPosition(name: string): ValueKind {
  return KINDS[name] ?? "words";
}

function wordsOf(name: string, description: string, program: Command): readonly string[] {
  if (name === "command") {
    return program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name());
  }
  return name === "shell" ? description.split(", ") : [];
}
