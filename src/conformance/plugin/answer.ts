import { Finding } from "../check.ts";
import type { Json, JsonObject } from "../subject/index.ts";
import type { Ended } from "../world/index.ts";

/** What a call of the subject gave, and the findings that follow from it. */

export interface Answer extends Ended {
  readonly operation: string;
  /** The one JSON document on standard output; undefined when it is none, or not one. */
  readonly json: Json | undefined;
}

export function answerOf(operation: string, ended: Ended): Answer {
  return { ...ended, operation, json: parsed(ended.stdout) };
}

/** Undefined when it is no JSON. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How a call ended, in a line. */
export function ending(answer: Ended): string {
  if (answer.killed !== undefined) return `nothing: ${answer.killed}`;
  const how =
    answer.exitCode === undefined
      ? `ended by ${answer.signal ?? "?"}`
      : `exit code ${answer.exitCode}`;
  const said = answer.stdout.trim() === "" ? "nothing on stdout" : `stdout ${brief(answer.stdout)}`;
  return `${how}, ${said}${answer.stderr.trim() === "" ? "" : `, stderr ${brief(answer.stderr)}`}`;
}

const BRIEF_MAX = 300;

export function brief(value: unknown): string {
  const text = typeof value === "string" ? value.trim() : (JSON.stringify(value) ?? "nothing");
  const line = text.replaceAll(/\s+/gu, " ");
  return line.length > BRIEF_MAX ? `${line.slice(0, BRIEF_MAX)}…` : line;
}

/** Exit code 0. */
export function expectSuccess(answer: Answer, what: string = answer.operation): void {
  if (answer.exitCode === 0) return;
  throw new Finding({ expected: `${what} succeeds (exit code 0)`, came: ending(answer) });
}

/** Exit code 0 and a result object. */
export function expectResult(answer: Answer, what: string = answer.operation): JsonObject {
  expectSuccess(answer, what);
  if (isObject(answer.json)) return answer.json;
  throw new Finding({ expected: `${what} prints one JSON object on stdout`, came: ending(answer) });
}

export interface ErrorObject {
  readonly code: number;
  readonly msg: string;
  readonly json: JsonObject;
}

/**
 * Another exit code than 0, and an error object with a number and a text alone on stdout. With `codes`
 * one of these codes, or one of the plugin's own from 100 on where `orOwn` is set.
 */
export function expectError(
  answer: Answer,
  what: string,
  options: { readonly codes?: readonly number[]; readonly orOwn?: boolean } = {},
): ErrorObject {
  const { codes, orOwn = false } = options;
  const wanted = `${what} fails: exit code other than 0, an error object on stdout`;
  if (answer.exitCode === undefined || answer.exitCode === 0 || !isObject(answer.json)) {
    throw new Finding({ expected: wanted, came: ending(answer) });
  }
  const { code, msg } = answer.json;
  if (typeof code !== "number" || typeof msg !== "string") {
    throw new Finding({
      expected: `${wanted} with "code" (a number) and "msg"`,
      came: ending(answer),
    });
  }
  const isMeant = codes === undefined || codes.includes(code) || (orOwn && code >= 100);
  if (!isMeant) {
    throw new Finding({
      expected: `${what} fails with code ${codes.join(" or ")}`,
      came: ending(answer),
    });
  }
  return { code, msg, json: answer.json };
}

/** @throws Finding unless it holds. */
export function expect(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Finding({ expected, came: brief(came) });
}

/** A value of JSON as one word. */
export function word(value: Json | undefined, otherwise = ""): string {
  if (value === undefined) return otherwise;
  return typeof value === "string" ? value : JSON.stringify(value);
}
