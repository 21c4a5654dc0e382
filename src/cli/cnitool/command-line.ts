/** cnitool's command line: its words, its flags, and the texts of its mistakes. */

/** The commands that do something with a network. */
export const OPERATION_WORDS = ["add", "check", "del", "gc", "status"] as const;

/** One of them. */
export type OperationWord = (typeof OPERATION_WORDS)[number];

/** A command line that was understood. */
export interface Words {
  /** The first word that is no flag; absent when there is none. */
  readonly command: string | undefined;
  readonly rest: readonly string[];
  readonly ifName: string | undefined;
  readonly help: boolean;
}

/** A mistake on the command line; `usage` says which command's usage explains it. */
export class CommandLineError extends Error {
  override name = "CommandLineError";
  readonly usage: string | undefined;

  constructor(message: string, usage?: string) {
    super(message);
    this.usage = usage;
  }
}

/** Whether a word is an operation. */
export function isOperationWord(word: string | undefined): word is OperationWord {
  return word !== undefined && (OPERATION_WORDS as readonly string[]).includes(word);
}

/** Takes the flags out of the words; they may stand anywhere before `--`. */
export function readWords(words: readonly string[]): Words {
  const plain: string[] = [];
  let ifName: string | undefined;
  let help = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const usage = plain[0] ?? "";
    if (word === "--") {
      plain.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      plain.push(word);
    } else if (word === "-h" || word === "--help") {
      help = true;
    } else if (word === "--no-descriptions" && usage === "completion") {
      // The scripts here have descriptions, which no shell minds.
    } else if (word === "-i" || word === "--ifname") {
      index++;
      ifName = words[index];
      if (ifName === undefined) throw needsArgument(word, usage);
    } else if (word.startsWith("--ifname=")) {
      ifName = word.slice("--ifname=".length);
    } else if (word.startsWith("-i")) {
      ifName = word.slice(word[2] === "=" ? 3 : 2);
    } else {
      throw unknownFlag(word, usage);
    }
  }
  const [command, ...rest] = plain;
  return { command, rest, ifName, help };
}

function needsArgument(flag: string, usage: string): CommandLineError {
  const text = flag.startsWith("--") ? flag : `'${flag.slice(1, 2)}' in ${flag}`;
  return new CommandLineError(`flag needs an argument: ${text}`, usage);
}

function unknownFlag(word: string, usage: string): CommandLineError {
  if (word.startsWith("--")) {
    return new CommandLineError(`unknown flag: ${word.replace(/=.*$/s, "")}`, usage);
  }
  return new CommandLineError(`unknown shorthand flag: '${word.slice(1, 2)}' in ${word}`, usage);
}
