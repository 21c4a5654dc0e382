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
${commands.map(valueCases).join("")}  esac
  if [[ $word == -* ]]; then
    case $command in
${commands.map(flagCase).join("")}    esac
    return
  fi
  case $command:$position in
${commands.map(positionCases).join("")}  esac
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

function valueCases({ name, options }: CommandTree): string {
  return options
    .filter((option) => option.value !== undefined)
    .map(({ flags, value, words = [] }) => {
      const pattern = flags.map((flag) => `${name}:${flag}`).join(" | ");
      return `    ${pattern}) ${value === undefined ? "" : reply(value, words)}return ;;\n`;
    })
    .join("");
}

function flagCase({ name, options }: CommandTree): string {
  const flags = options.flatMap((option) => option.flags).join(" ");
  return `      ${name}) mapfile -t COMPREPLY < <(compgen -W "${flags}" -- "$word") ;;\n`;
}

function positionCases({ name, positions }: CommandTree): string {
  const repeated = positions.filter(({ isRepeated }) => isRepeated);
  const groups: [number | string, Position[]][] = [...Map.groupBy(positions, ({ at }) => at)];
  if (repeated.length > 0) groups.push(["*", repeated]);
  return groups
    .map(([at, all]) => `    ${name}:${at}) ${all.map(positionReply).join("")}return ;;\n`)
    .join("");
}

function positionReply({ kind, words, behind }: Position): string {
  const text = reply(kind, words);
  if (behind === undefined || text === "") return text;
  return `[[ \${COMP_WORDS[2]} == ${behind} ]] && ${text}`;
}

function reply(kind: ValueKind, words: readonly string[]): string {
  const from = (list: string): string => `mapfile -t COMPREPLY < <(${list}); `;
  if (kind === "directory") return from('compgen -d -- "$word"');
  if (kind === "file") return from('compgen -f -- "$word"');
  if (kind === "words") return from(`compgen -W "${words.join(" ")}" -- "$word"`);
  if (kind === "network") {
    return from(
      'compgen -W "$(hawser complete networks 2>/dev/null)" -- "$word"; compgen -f -- "$word"',
    );
  }
  if (isAsked(kind)) return from(`compgen -W "$(hawser complete ${kind}s 2>/dev/null)" -- "$word"`);
  if (kind === "netns") {
    return from('compgen -W "$(ls /run/netns 2>/dev/null)" -- "$word"; compgen -f -- "$word"');
  }
  return "";
}
