/** The syntax of a configuration: JSON, and comments that Hawser alone reads. */
import {
  createScanner,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { foldKey, MAX_DEPTH } from "../../spec/index.ts";
import type { Span } from "../diagnostic.ts";
import type { Findings } from "../findings.ts";
import { explain } from "./explain.ts";
import { elementsOf, membersOf } from "./tree.ts";

const BOM = "\ufeff";
const NUL = "\0";
/** The most errors of one text that are shown; a text with more is not judged any further. */
const ERRORS_MAX = 30;

/**
 * Reads a text, and adds what is wrong with it as JSON. Undefined where it cannot be read so far that
 * its values could be judged.
 */
export function readTree(findings: Findings): Node | undefined {
  const { text } = findings.source;
  if (text.trim() === "" || /^[\s\0\ufeff]*$/u.test(text)) {
    if (text.includes(NUL)) addNul(findings, text);
    findings.add("empty-file", undefined, {
      message: "the file holds no configuration",
      help: "write it anew, or remove it: a runtime that comes to it stops, or looks no further",
    });
    return undefined;
  }
  const plain = withoutMarks(findings, text);
  const outline = outlineOf(plain);
  if (outline.tooDeep !== undefined) {
    const message = `brackets stand in each other more than ${MAX_DEPTH} deep`;
    findings.add("nested-too-deep", { offset: outline.tooDeep, length: 1 }, { message });
    return undefined;
  }
  const errors: ParseError[] = [];
  const root = parseTree(plain, errors, { allowTrailingComma: false, disallowComments: false });
  const isReadable = addErrors(findings, plain, errors, outline);
  if (outline.comment !== undefined && isReadable) addComment(findings, outline.comment);
  if (root === undefined || !isReadable) return undefined;
  addDuplicates(findings, root);
  return root;
}

/** The text with blanks in place of a byte order mark and of NUL, which are findings. */
function withoutMarks(findings: Findings, text: string): string {
  if (text.startsWith(BOM)) {
    const span = { offset: 0, length: 1 };
    findings.add("byte-order-mark", span, {
      message: "the text begins with a byte order mark, which JSON does not know",
      help: "save the file as UTF-8 without it",
      fix: [{ ...span, text: "" }],
    });
  }
  if (text.includes(NUL)) addNul(findings, text);
  return text.replace(BOM, " ").replaceAll(NUL, " ");
}

function addNul(findings: Findings, text: string): void {
  const offset = text.indexOf(NUL);
  const length = /^\0+/u.exec(text.slice(offset))?.[0].length ?? 1;
  const isEnd = offset > 0 && text.slice(offset + length).trim() === "";
  findings.add(
    "nul-in-file",
    { offset, length },
    {
      message: `${length} NUL ${length === 1 ? "byte stands" : "bytes stand"} ${isEnd ? "at the end of" : "in"} the file`,
      help: "write the file anew: it was not written whole",
      fix: isEnd && isWhole(text.slice(0, offset)) ? [{ offset, length, text: "" }] : undefined,
    },
  );
}

function isWhole(text: string): boolean {
  const errors: ParseError[] = [];
  if (outlineOf(text).tooDeep !== undefined) return false;
  parseTree(text, errors);
  return errors.length === 0;
}

/** What one pass over the words of a text tells. */
interface Outline {
  readonly comment: Span | undefined;
  readonly tooDeep: number | undefined;
}

function outlineOf(text: string): Outline {
  let comment: Span | undefined;
  let depth = 0;
  for (const word of wordsOf(text)) {
    const character = text[word.offset];
    if (character === "/") {
      comment ??= word;
    } else if (character === "{" || character === "[") {
      depth++;
      if (depth > MAX_DEPTH) return { comment, tooDeep: word.offset };
    } else if (character === "}" || character === "]") {
      depth--;
    }
  }
  return { comment, tooDeep: undefined };
}

/** The words of a text, blanks and comments among them. */
function* wordsOf(text: string): Generator<Span, void> {
  const scanner = createScanner(text);
  for (;;) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    if (offset >= text.length) return;
    yield { offset, length: scanner.getTokenLength() };
  }
}

function addComment(findings: Findings, span: Span): void {
  findings.add("hawser-only-syntax", span, {
    message: "a comment, which Hawser alone reads",
    help:
      "remove it where containerd, CRI-O, podman or cnitool read the file: libcni takes no comments, " +
      "and refuses the whole file",
  });
}

/** Adds errors up to the first that leaves open what follows; true where all values can be judged. */
function addErrors(
  findings: Findings,
  text: string,
  errors: readonly ParseError[],
  { comment }: Outline,
): boolean {
  for (const error of errors.slice(0, ERRORS_MAX)) {
    const before = wordBefore(text, error.offset);
    const character = text[error.offset];
    const isClosing = character === "}" || character === "]";
    const code = printParseErrorCode(error.error);
    const isWanting = code === "PropertyNameExpected" || code === "ValueExpected";
    if (isWanting && isClosing && before !== undefined && text[before.offset] === ",") {
      findings.add("trailing-comma", before, {
        message: `a comma before "${character}"`,
        help: "remove the comma: JSON has none behind the last value",
        fix: [{ ...before, text: "" }],
      });
    } else if (isMissingComma(text, error) && before !== undefined) {
      const offset = before.offset + before.length;
      findings.add("missing-comma", before, {
        message: "no comma between this value and the next",
        help: "write a comma behind it",
        fix: [{ offset, length: 0, text: "," }],
      });
    } else {
      explain(findings, { text, error, before, comment });
      return false;
    }
  }
  return errors.length <= ERRORS_MAX;
}

/** Whether another value follows where a comma has to be; what else may follow is explained. */
function isMissingComma(text: string, { error, offset }: ParseError): boolean {
  return (
    printParseErrorCode(error) === "CommaExpected" &&
    /["{[\d-]|true|false|null/uy.test(text.slice(offset, offset + 5))
  );
}

/** The last word in front of an offset that is neither blank nor a comment. */
function wordBefore(text: string, offset: number): Span | undefined {
  let last: Span | undefined;
  for (const word of wordsOf(text)) {
    if (word.offset >= offset) break;
    if (!/[\s/]/u.test(text[word.offset] ?? "")) last = word;
  }
  return last;
}

/** Adds keys that stand twice in an object: decoders take the last, and say nothing. */
function addDuplicates(findings: Findings, root: Node): void {
  const open: { node: Node; name: string }[] = [{ node: root, name: "" }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    open.push(...elementsOf(next.node).map((node) => ({ node, name: "" })));
    const seen = new Map<string, Node>();
    for (const { name, key, property, value } of membersOf(next.node)) {
      open.push({ node: value, name });
      // Only of a configuration's own keys does the case not matter.
      const isSysctl = foldKey(next.name) === "sysctl";
      const folded = isSysctl ? name : foldKey(name);
      const first = seen.get(folded);
      seen.set(folded, property);
      if (first !== undefined) addDuplicate(findings, { name, key, first, isSysctl });
    }
  }
}

interface Duplicate {
  readonly name: string;
  readonly key: Node;
  readonly first: Node;
  readonly isSysctl: boolean;
}

function addDuplicate(findings: Findings, { name, key, first, isSysctl }: Duplicate): void {
  const { file } = findings.source;
  const line = findings.source.lineOf(first.offset);
  findings.add("duplicate-key", key, {
    level: isSysctl ? "error" : "warning",
    message: isSysctl
      ? `the sysctl ${name} is twice, which tuning refuses`
      : `"${name}" is twice in this object: the one here counts, that of line ${line} is lost`,
    help: "remove one of them",
    related: [{ file, line, message: "the same key" }],
  });
}
