import {
  type CommandTree,
  isAsked,
  type OptionTree,
  type ProgramTree,
  type ValueKind,
} from "./tree.ts";

/** Completion for fish. */
export function fishScript({ name, commands }: ProgramTree): string {
  const names = commands.map((command) => command.name).join(" ");
  const lines = [
    `# ${name} completion for fish: ${name} completion fish | source`,
    `complete -c ${name} -f`,
    `complete -c ${name} -n "not __fish_seen_subcommand_from ${names}" -l help -s h -d ${quoted("print help")}`,
    `complete -c ${name} -n "not __fish_seen_subcommand_from ${names}" -l version -s V -d ${quoted("print the version")}`,
    ...commands.flatMap((command) => commandLines(name, names, command)),
  ];
  return `${lines.join("\n")}\n`;
}

function commandLines(program: string, names: string, command: CommandTree): string[] {
  const { name, description, options, positions } = command;
  const here = `-n "__fish_seen_subcommand_from ${name}"`;
  return [
    `complete -c ${program} -n "not __fish_seen_subcommand_from ${names}" -a ${name} -d ${quoted(description)}`,
    ...positions.map(({ kind, words, behind }) => {
      const there =
        behind === undefined
          ? here
          : `-n "__fish_seen_subcommand_from ${name}; and __fish_seen_subcommand_from ${behind}"`;
      return `complete -c ${program} ${there} ${values(program, kind, words)}`;
    }),
    ...options.map((option) => `complete -c ${program} ${here} ${optionWords(program, option)}`),
  ];
}

function optionWords(
  program: string,
  { flags, description, value, words = [] }: OptionTree,
): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const takes = value === undefined ? [] : [valueWords(program, value, words)];
  return [...names, ...takes, `-d ${quoted(description)}`].join(" ");
}

function valueWords(program: string, value: ValueKind, words: readonly string[]): string {
  if (isAsked(value)) return `-x -a "(${program} complete ${value}s 2>/dev/null)"`;
  if (value === "words") return `-x -a ${quoted(words.join(" "))}`;
  return value === "directory" || value === "file" ? "-r -F" : "-x";
}

function values(program: string, kind: ValueKind, words: readonly string[]): string {
  if (kind === "network") return `-F -a "(${program} complete networks 2>/dev/null)"`;
  if (isAsked(kind)) return `-a "(${program} complete ${kind}s 2>/dev/null)"`;
  if (kind === "netns") return '-F -a "(ls /run/netns 2>/dev/null)"';
  if (kind === "file") return "-F";
  return `-a ${quoted(words.join(" "))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
