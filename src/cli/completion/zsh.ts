import {
  type CommandTree,
  isAsked,
  type OptionTree,
  type Position,
  type ProgramTree,
  type ValueKind,
} from "./tree.ts";

/** Completion for zsh: a function file for $fpath, or to be sourced after compinit. */
export function zshScript({ name, commands }: ProgramTree): string {
  const described = commands.map((each) => `    ${quoted(`${each.name}:${each.description}`)}`);
  return `#compdef ${name}
# ${name} completion for zsh: source <(${name} completion zsh)
_${name}_networks() {
  local -a names=(\${(f)"$(${name} complete networks 2>/dev/null)"})
  compadd -a names
  _files
}
${["attachment", "container", "pod", "node"].map((kind) => askingFunction(name, kind)).join("")}_${name}_netns() {
  local -a names=(\${(f)"$(ls /run/netns 2>/dev/null)"})
  compadd -a names
  _files
}
_${name}() {
  local -a commands=(
${described.join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map((command) => commandCase(name, command)).join("")}  esac
}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function askingFunction(program: string, kind: string): string {
  return `_${program}_${kind}s() {
  local -a names=(\${(f)"$(${program} complete ${kind}s 2>/dev/null)"})
  compadd -a names
}
`;
}

function commandCase(program: string, { name, options, positions }: CommandTree): string {
  const specs = [
    ...options.map((option) => optionSpec(program, option)),
    ...placesOf(positions).map(([place, all]) =>
      quoted(`${place}:${all[0]?.kind ?? ""}:${positionAction(program, all)}`),
    ),
  ];
  return `    ${name})\n      _arguments \\\n${specs.map((spec) => `        ${spec}`).join(" \\\n")}\n      ;;\n`;
}

/** What stands at each place, and at all that follow. */
function placesOf(positions: readonly Position[]): [string, Position[]][] {
  const repeated = positions.filter(({ isRepeated }) => isRepeated);
  const places = [...Map.groupBy(positions, ({ at }) => at)].map(
    ([at, all]): [string, Position[]] => [`${at + 1}`, all],
  );
  return repeated.length === 0 ? places : [...places, ["*", repeated]];
}

/** Words behind further commands depend on these. */
function positionAction(program: string, all: readonly Position[]): string {
  const [first] = all;
  if (first === undefined) return " ";
  if (first.behind === undefined) return action(program, first.kind, first.words);
  const cases = all
    .filter(({ words, kind }) => kind !== "words" || words.length > 0)
    .map(({ behind, kind, words }) => {
      const does = action(program, kind, words);
      return `${behind}) ${does.startsWith("(") ? `compadd ${words.join(" ")}` : does};;`;
    });
  return cases.length === 0 ? " " : `{case $words[2] in ${cases.join(" ")} esac}`;
}

function optionSpec(
  program: string,
  { flags, description, value, words = [] }: OptionTree,
): string {
  const text = description.replaceAll(/[[\]:]/g, (character) => `\\${character}`);
  const group = flags.length > 1 ? `'*'{${flags.join(",")}}` : quoted(`*${flags[0] ?? ""}`);
  if (value === undefined) return `${group}${quoted(`[${text}]`)}`;
  return `${group}${quoted(`[${text}]:value:${valueAction(program, value, words)}`)}`;
}

function valueAction(program: string, value: ValueKind, words: readonly string[]): string {
  if (isAsked(value)) return action(program, value, words);
  if (value === "directory") return "_files -/";
  if (value === "file") return "_files";
  return value === "words" ? `(${words.join(" ")})` : " ";
}

function action(program: string, kind: ValueKind, words: readonly string[]): string {
  if (isAsked(kind)) return `_${program}_${kind}s`;
  if (kind === "netns") return `_${program}_netns`;
  if (kind === "file") return "_files";
  return `(${words.join(" ")})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
