import {
  type CommandTree,
  isAsked,
  type Position,
  type ProgramTree,
  type ValueKind,
} from "./tree.ts";

/** Completion for bash, version 4 and later; needs nothing but bash. */
export function bashScript({ name, commands }: ProgramTree): string {
  const words = commands.map((command) => command.name).join(" ");
  return `# ${name} completion for bash: source <(${name} completion bash)
# Names are data of others: compgen -W would expand them as a shell does.
_${name}_offer() {
  local each
  while IFS= read -r each; do
    if [[ $each == "$word"* ]]; then COMPREPLY+=("$each"); fi
  done
}
_${name}_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen "$1" -- "$word")
}
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  local command=\${COMP_WORDS[1]} position=0 i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "${words} --help --version" -- "$word")
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${valueFlags(commands)}) ((i++)) ;;
      -*) ;;
      *) ((position++)) ;;
    esac
  done
  case $command:$before in
${commands.map((each) => valueCases(name, each)).join("")}  esac
  if [[ $word == -* ]]; then
    case $command in
${commands.map(flagCase).join("")}    esac
    return
  fi
  case $command:$position in
${commands.map((each) => positionCases(name, each)).join("")}  esac
}
complete -F _${name} ${name}
`;
}

function valueFlags(commands: readonly CommandTree[]): string {
  const flags = commands.flatMap(({ options }) =>
    options.flatMap((option) => (option.value === undefined ? [] : option.flags)),
  );
  return [...new Set(flags)].join(" | ") || "''";
}

function valueCases(program: string, { name, options }: CommandTree): string {
  return options
    .filter((option) => option.value !== undefined)
    .map(({ flags, value, words = [] }) => {
      const pattern = flags.map((flag) => `${name}:${flag}`).join(" | ");
      return `    ${pattern}) ${value === undefined ? "" : reply(program, value, words)}return ;;\n`;
    })
    .join("");
}

function flagCase({ name, options }: CommandTree): string {
  const flags = options.flatMap((option) => option.flags).join(" ");
  return `      ${name}) mapfile -t COMPREPLY < <(compgen -W "${flags}" -- "$word") ;;\n`;
}

function positionCases(program: string, { name, positions }: CommandTree): string {
  const repeated = positions.filter(({ isRepeated }) => isRepeated);
  const groups: [number | string, Position[]][] = [...Map.groupBy(positions, ({ at }) => at)];
  if (repeated.length > 0) groups.push(["*", repeated]);
  return groups
    .map(([at, all]) => {
      const replies = all.map((each) => positionReply(program, each)).join("");
      return `    ${name}:${at}) ${replies}return ;;\n`;
    })
    .join("");
}

function positionReply(program: string, { kind, words, behind }: Position): string {
  const text = reply(program, kind, words);
  if (behind === undefined || text === "") return text;
  return `[[ \${COMP_WORDS[2]} == ${behind} ]] && { ${text}}; `;
}

function reply(program: string, kind: ValueKind, words: readonly string[]): string {
  const offer = (list: string): string => `_${program}_offer < <(${list} 2>/dev/null); `;
  // Where files may stand, readline quotes what is chosen.
  const files = `_${program}_files -f; `;
  if (kind === "directory") return `_${program}_files -d; `;
  if (kind === "file") return files;
  if (kind === "words") {
    return `mapfile -t COMPREPLY < <(compgen -W "${words.join(" ")}" -- "$word"); `;
  }
  if (kind === "network") return offer("hawser complete networks") + files;
  if (kind === "netns") return offer("ls /run/netns") + files;
  return isAsked(kind) ? offer(`hawser complete ${kind}s`) : "";
}
