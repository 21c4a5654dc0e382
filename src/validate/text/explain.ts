import { type ParseError, printParseErrorCode } from "jsonc-parser";
import { nearest } from "../../base/index.ts";
import type { Span } from "../diagnostic.ts";
import type { Findings } from "../findings.ts";

/** What a template leaves in a file: `__CNI_MTU__`, `{{ .Subnet }}`, `${SUBNET}`, `<SUBNET>`. */
export const PLACEHOLDER: RegExp =
  /__[A-Z][A-Z0-9_]*__|\{\{[^{}]*\}\}|\$\{[A-Za-z_]\w*\}|<[A-Z][A-Z0-9_ -]+>/u;

/** The longest word that is quoted. */
const QUOTED = 40;

interface Case {
  readonly text: string;
  readonly error: ParseError;
  /** The word in front of the error. */
  readonly before: Span | undefined;
  /** The first comment. */
  readonly comment: Span | undefined;
}

/** Adds an error of the syntax with its cause, where the text tells it. */
export function explain(findings: Findings, one: Case): void {
  const { text, error, before } = one;
  const word = wordAt(text, error.offset);
  const line = text.slice(error.offset, lineEnd(text, error.offset));
  if (isEnd(text, error)) {
    addEnd(findings, text);
    return;
  }
  const template = PLACEHOLDER.exec(line);
  if (template !== null && template.index <= word.length) {
    addTemplate(
      findings,
      { offset: error.offset + template.index, length: template[0].length },
      template[0],
    );
    return;
  }
  if (before === undefined && /^[A-Za-z_-][\w -]*:(\s|$)/u.test(line)) {
    findings.add(
      "syntax-error",
      { offset: error.offset, length: word.length },
      {
        message: "this looks like YAML, and network configurations are JSON",
        help: "write it as JSON; kubectl and yq convert one to the other",
      },
    );
    return;
  }
  const { message, help, span } = wordsFor(one, word);
  findings.add("syntax-error", span ?? { offset: error.offset, length: Math.max(1, word.length) }, {
    message,
    help,
  });
}

/** A finding of a placeholder that stands where a value should. */
export function addTemplate(findings: Findings, span: Span, placeholder: string): void {
  findings.add("unfilled-template", span, {
    message: `${placeholder} was never replaced by its value`,
    help: "fill in the value; whatever writes this file from a template has not done so",
  });
}

/** Whether the file ends here: behind a value, within a text, or within a word such as `tru`. */
function isEnd(text: string, error: ParseError): boolean {
  const rest = text.slice(error.offset).trim();
  const code = printParseErrorCode(error.error);
  if (rest === "") return true;
  if (code === "UnexpectedEndOfString") return !rest.includes("\n");
  return code !== "EndOfFileExpected" && /^[\w.+-]+$/u.test(rest);
}

function addEnd(findings: Findings, text: string): void {
  const end = text.trimEnd().length;
  const open = openBrackets(text);
  const innermost = open.at(-1);
  const where =
    innermost === undefined
      ? "within a value"
      : `and "${text[innermost]}" of line ${findings.source.lineOf(innermost)} is not closed`;
  const closing = [...open]
    .reverse()
    .map((at) => (text[at] === "{" ? "}" : "]"))
    .join("");
  findings.add(
    "half-written",
    { offset: Math.max(0, end - 1), length: 1 },
    {
      message: `the file ends here, ${where}`,
      help:
        closing.length > 0 && closing.length < QUOTED
          ? `write the file whole (${closing} would close it); programs should write it anew beside and rename it`
          : "write the file whole; programs should write it anew beside and rename it",
    },
  );
}

/** The brackets that nothing closes, outermost first. */
function openBrackets(text: string): number[] {
  const open: number[] = [];
  for (const { 0: word, index } of text.matchAll(
    /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[{}[\]]/gu,
  )) {
    if (word === "{" || word === "[") open.push(index);
    else if (word === "}" || word === "]") open.pop();
  }
  return open;
}

interface Explanation {
  readonly message: string;
  readonly help: string;
  readonly span?: Span;
}

/** Words of other languages for JSON's. */
const WORDS: Readonly<Record<string, string>> = {
  True: "true",
  False: "false",
  TRUE: "true",
  FALSE: "false",
  yes: "true",
  no: "false",
  None: "null",
  nil: "null",
  undefined: "null",
};

function wordsFor({ text, error, before }: Case, word: string): Explanation {
  const character = text[error.offset] ?? "";
  const isName = /^[A-Za-z_$]/u.test(word);
  const json =
    WORDS[word] ?? (isName ? nearest(word.toLowerCase(), ["true", "false", "null"]) : undefined);
  if (character === "'" || character === "`") {
    return {
      message: `text stands in ${character}, and JSON has " alone`,
      help: 'write " in its place',
    };
  }
  if (isName && /^\s*:/u.test(text.slice(error.offset + word.length))) {
    return { message: `the key ${word} stands without quotes`, help: `write "${word}"` };
  }
  if (json !== undefined) return { message: `${word} is no word of JSON`, help: `write ${json}` };
  if (/^[+-]?(?:\.\d|0\d|\d|Infinity|NaN)/u.test(word)) {
    return {
      message: `${word} is no number as JSON writes it`,
      help: "write it as 1500 or 0.5, or as text in quotes",
    };
  }
  if (isName) {
    return { message: `${word} stands without quotes`, help: `write "${word}", if it is text` };
  }
  switch (printParseErrorCode(error.error)) {
    case "ColonExpected":
      return {
        message: `no ":" behind the key`,
        help: "write a colon between the key and its value",
        ...(before === undefined ? {} : { span: before }),
      };
    case "EndOfFileExpected":
      return {
        message: "something stands behind the end of the configuration",
        help: "a file holds one network: remove what follows, or write it to a file of its own",
      };
    case "InvalidEscapeCharacter":
    case "InvalidUnicode":
      return { message: "no such escape in JSON", help: "a backslash is written as \\\\" };
    case "InvalidCharacter":
      return {
        message: "a control character stands in a text",
        help: "write it as an escape: \\t, \\n, \\u0001",
      };
    case "UnexpectedEndOfString":
      return { message: "the text has no closing quote on its line", help: 'write " at its end' };
    case "UnexpectedEndOfComment":
      return { message: "the comment is not closed", help: "write */ at its end" };
    case "CloseBraceExpected":
    case "CloseBracketExpected":
      return {
        message: `"${character}" closes what another bracket has opened`,
        help: "close each bracket by its own: { by }, [ by ]",
      };
    case "PropertyNameExpected":
      return { message: "a key in quotes is expected here", help: 'write "key": value' };
    default:
      return {
        message: "a value is expected here",
        help: "write a text in quotes, a number, true, false, null, { or [",
      };
  }
}

function wordAt(text: string, offset: number): string {
  const word = /[\w.$+-]+|[^\s]/uy;
  word.lastIndex = offset;
  return word.exec(text)?.[0].slice(0, QUOTED) ?? "";
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}
