import { LosslessNumber, parse } from "lossless-json";
import stripJsonComments from "strip-json-comments";
import { defined, errorText } from "../../base/index.ts";

import { CniError, ErrorCode } from "../errors.ts";
import { isIndentedWithin } from "./indentation.ts";
import type { JsonValue } from "./value.ts";

/** Limits for a text of unknown origin. */
export interface ParseLimits {
  /** Longest text taken, in UTF-16 units; without it any length. */
  readonly maxLength?: number;
  /** How deep lists and objects may stand in each other; default `MAX_DEPTH`. */
  readonly maxDepth?: number;
}

/** The depth of nesting that is taken: far above any configuration, far below the stack's end. */
export const MAX_DEPTH = 500;

/**
 * Reads JSON and keeps every number's text where JavaScript would change it. Of duplicate keys the
 * last one wins. A syntax error, too deep nesting or too long a text is a CniError of code 6
 * whose message starts with `line L:C: `.
 *
 * @example
 * ```ts
 * import { parseJson, printJson } from "hawser/spec";
 *
 * printJson(parseJson('{"id": 12345678901234567890, "ratio": 1.0}')); // → '{"id":12345678901234567890,"ratio":1.0}'
 *
 * parseJson('{"id": }'); // throws CniError 6: line 1:8:
 * parseJson("[[[]]]", { maxDepth: 2 }); // throws CniError 6: line 1:3: nested deeper than 2 levels
 * ```
 */
export function parseJson(text: string, limits: ParseLimits = {}): JsonValue {
  if (limits.maxLength !== undefined && text.length > limits.maxLength) {
    throw decoding(`JSON text is longer than ${limits.maxLength} characters`);
  }
  const maxDepth = limits.maxDepth ?? MAX_DEPTH;
  const plain = parsePlain(text, maxDepth);
  if (plain !== undefined) return plain;
  checkDepth(text, maxDepth);
  try {
    const value = parse(text, null, {
      parseNumber: keepNumber,
      onDuplicateKey: ({ newValue }) => newValue,
    });
    return value as JsonValue; // the parser makes nothing else
  } catch (error) {
    throw located(text, error);
  }
}

/**
 * Reads JSON with `//` and block comments, as configuration files for people may have them.
 * Limits and errors are those of `parseJson`.
 *
 * @example
 * ```ts
 * import { parseJsonWithComments } from "hawser/spec";
 *
 * const text = `{
 *   "mtu": 1500 // in bytes
 * }`;
 * parseJsonWithComments(text); // → { mtu: 1500 }
 * ```
 */
export function parseJsonWithComments(text: string, limits: ParseLimits = {}): JsonValue {
  // Comments become spaces, so that the positions in messages stay right.
  return parseJson(stripJsonComments(text), limits);
}

function keepNumber(text: string): number | LosslessNumber {
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

/**
 * A number that JavaScript may write otherwise: with a fraction or an exponent, of 16 digits and
 * more, or a negative zero. Also finds what looks like one behind a comma in a string.
 */
const DELICATE_NUMBER = /(?:^|"\s*:|[[,])\s*(?:-0|-?\d+[.eE]|-?\d{16})/u;

/** How programs print JSON: on one line, as plugins print results, as `tuning` keeps its records. */
const INDENTS = [0, 4, 1] as const;

/**
 * The engine's own parser: much faster, but it loses digits and tells no place. Undefined where it
 * is not sure to have kept all: without delicate numbers nothing is lost, and what prints as the
 * very same text is the same.
 */
function parsePlain(text: string, maxDepth: number): JsonValue | undefined {
  if (!isShallow(text, maxDepth)) {
    return undefined; // too many brackets to know without counting
  }
  try {
    const value = JSON.parse(text) as JsonValue;
    if (!DELICATE_NUMBER.test(text)) return value;
    const written = text.trimEnd();
    const same = INDENTS.some(
      (indent) =>
        isIndentedWithin(value, indent, written.length) &&
        JSON.stringify(value, null, indent) === written,
    );
    return same ? value : undefined;
  } catch {
    return undefined; // the other parser says what is wrong, and where
  }
}

/** Whether a JSON text cannot be too deep: each level takes two characters of it. */
function isShallow(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth * 2) return true;
  return countOf("{", text, maxDepth) + countOf("[", text, maxDepth) <= maxDepth;
}

/** How often a character stands in a text; no more than `most` and one are counted. */
function countOf(character: string, text: string, most: number): number {
  let count = 0;
  let at = text.indexOf(character);
  for (; at !== -1 && count <= most; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function checkDepth(text: string, maxDepth: number): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") {
        at++;
      } else if (character === '"') {
        inString = false;
      }
    } else if (character === '"') {
      inString = true;
    } else if (character === "{" || character === "[") {
      depth++;
      if (depth > maxDepth) {
        throw decoding(`${place(text, at)}: nested deeper than ${maxDepth} levels`);
      }
    } else if (character === "}" || character === "]") {
      depth--;
    }
  }
}

/** Turns the parser's "at position N" into line and column. */
function located(text: string, error: unknown): CniError {
  if (text.startsWith("\ufeff")) {
    return decoding(
      "line 1:1: the text begins with a byte order mark, which JSON does not know",
      error,
    );
  }
  const message = errorText(error);
  const found = /^(.*) at position ([0-9]+)$/s.exec(message);
  if (found === null) return decoding(message, error);
  const [, what = "", position = "0"] = found;
  return decoding(`${place(text, Number(position))}: ${what}`, error);
}

function place(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  return `line ${line}:${position - before.lastIndexOf("\n")}`;
}

function decoding(msg: string, cause?: unknown): CniError {
  return new CniError(ErrorCode.DECODING_FAILURE, msg, defined({ cause }));
}
