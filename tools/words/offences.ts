import { type Comment, type Program, parseSync } from "oxc-parser";
import type { Source } from "../sources.ts";
import { PRIVATE_WORDS } from "./private-words.ts";

/** The rules and their own tests name what they ban. */
const OWN_FILES: ReadonlySet<string> = new Set([
  "tools/words/private-words.ts",
  "tools/words/offences.ts",
  "tools/words/words.test.ts",
]);

/** What is wrong with the words of all files. */
export function allWordProblems(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => !OWN_FILES.has(path)).flatMap(wordProblems);
}

/** What is wrong with the words of one file: its names, and the language of its comments. */
export function wordProblems({ path, text }: Source): string[] {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const found = [...nameProblems(path, program), ...comments.flatMap(commentProblems)];
  return found
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, problem }) => `${path}:${lineOf(text, offset)}: ${problem}`);
}

interface Offence {
  readonly offset: number;
  readonly problem: string;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Identifiers of any kind, those of private members too. */
function nameProblems(path: string, program: Program): Offence[] {
  const banned = new Map(
    PRIVATE_WORDS.filter(({ under }) => under === undefined || path.startsWith(under)).map(
      ({ word, instead }) => [word, instead],
    ),
  );
  return [...identifiers(program)].flatMap(({ name, start }) => {
    const instead = banned.get(name);
    return instead === undefined
      ? []
      : [{ offset: start, problem: `${name}: a private word; better ${instead}` }];
  });
}

interface Identifier {
  readonly name: string;
  readonly start: number;
}

function* identifiers(node: unknown): Generator<Identifier> {
  if (Array.isArray(node)) {
    for (const each of node) yield* identifiers(each);
    return;
  }
  if (typeof node !== "object" || node === null) return;
  if (isIdentifier(node)) yield node;
  for (const value of Object.values(node)) yield* identifiers(value);
}

function isIdentifier(node: object): node is Identifier {
  return "type" in node && (node.type === "Identifier" || node.type === "PrivateIdentifier");
}

interface CommentRule {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Whether text in quotes and backticks counts: it is another's words, or code. */
  readonly quoted: boolean;
}

const COMMENT_RULES: readonly CommentRule[] = [
  {
    pattern:
      /\b(?:who|whom|whoever|(?:no|some|any|every)body|(?:some|any|every)one|told|lent|lends)\b/gi,
    instead: "name the subject: the process, the caller, the plugin, the administrator",
    quoted: false,
  },
  {
    pattern: wordPattern(),
    instead: "a private word; tools/words/private-words.ts has a better one",
    quoted: true,
  },
  {
    pattern: /\bThrows\b|[;,] throws (?:an? )?[`A-Z]\w+/g,
    instead: "thrown errors have a line of their own, as @throws RangeError when …",
    quoted: true,
  },
  {
    pattern: /@throws CniError \d+/g,
    instead: "write @throws CniError of code N …",
    quoted: true,
  },
  {
    pattern: /\{@link\b/g,
    instead: "write the name in backticks",
    quoted: true,
  },
];

/** Private words that are no common English ones: those may stand in a sentence. */
function wordPattern(): RegExp {
  const names = PRIVATE_WORDS.map(({ word }) => word).filter((word) => /.[A-Z_]/.test(word));
  const verbs = ["christen\\w*", "birthplace", "quieten\\w*", "homeward"];
  return new RegExp(`\\b(?:${[...names, ...verbs].join("|")})\\b`, "gi");
}

function commentProblems({ value, start }: Comment): Offence[] {
  const prose = blank(value, /```.*?```/gs);
  const unquoted = blank(prose, /`[^`]*`|"[^"]*"/g);
  return COMMENT_RULES.flatMap(({ pattern, instead, quoted }) =>
    [...(quoted ? prose : unquoted).matchAll(pattern)].map((match) => {
      // The text of a comment begins behind its two opening characters.
      return { offset: start + 2 + match.index, problem: `${match[0]}: ${instead}` };
    }),
  );
}

/** The text with every match replaced by as many spaces, so that offsets stay true. */
function blank(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, (match) => match.replaceAll(/[^\n]/g, " "));
}
