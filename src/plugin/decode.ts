/** Reading configuration with a schema. */
import * as v from "valibot";
import { excerpt } from "../base/index.ts";
import {
  CniError,
  ErrorCode,
  field,
  invalidConfig,
  isNumber,
  isObject,
  type JsonValue,
  printJson,
} from "../spec/index.ts";
import { shape } from "./decode-shape.ts";
import { errorOfRule } from "./rule.ts";

/**
 * Decodes JSON by a valibot schema, with the manners of Go's decoder: keys match exactly or else
 * without regard to case, `null` counts as absent, unknown keys are ignored. In a `strictObject` an
 * unknown key is an error of code 2 (but not, at the top, a key that any plugin may be sent).
 * Numbers fit `v.number()` when a double can hold them; with `v.integer()` they must be whole, in
 * whatever form (`1400.0`, `1e+06`), and held exactly; `v.bigint()` takes whole numbers of any size.
 *
 * @param where What `json` is called in errors, such as "ipam"; "" for the whole configuration.
 * @throws CniError of code 7 that names the key, its value and what was expected.
 *
 * @example
 * ```ts
 * import { decode } from "hawser/plugin";
 * import * as v from "valibot";
 *
 * const Config = v.object({ bridge: v.string(), mtu: v.optional(v.pipe(v.number(), v.integer())) });
 * decode(Config, { bridge: "cni0", MTU: 1500, type: "bridge" }); // → { bridge: "cni0", mtu: 1500 }
 * decode(Config, { mtu: null }); // throws CniError 7: invalid configuration: "bridge" is missing
 * decode(Config, { bridge: 0 }); // throws CniError 7: invalid configuration: "bridge" is 0, expected a string
 * ```
 */
export function decode<const Schema extends v.GenericSchema>(
  schema: Schema,
  json: JsonValue,
  where = "",
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, shape(schema, json, where === ""));
  if (parsed.success) return parsed.output;
  throw errorOf(parsed.issues[0], json, where);
}

/** A value of a configuration that does not fit its schema. */
export interface Mistake {
  /** The keys and indexes that lead to it, as the schema has them. */
  readonly path: readonly (string | number)[];
  /** Whether it is not there, of another type than the schema has, or one that it refuses. */
  readonly kind: "missing" | "type" | "value";
  /** What `decode` would throw for it. */
  readonly error: CniError;
}

/**
 * Everything that `decode` would refuse, where that ends at the first; none for what it takes.
 *
 * @param where What `json` is called in errors, as for `decode`.
 *
 * @example
 * ```ts
 * import { mistakesOf } from "hawser/plugin";
 * import * as v from "valibot";
 *
 * const Config = v.object({ bridge: v.string(), mtu: v.optional(v.number()) });
 * const mistakes = mistakesOf(Config, { bridge: 0, mtu: "1500" });
 * mistakes.map(({ path }) => path); // → [["bridge"], ["mtu"]]
 * mistakes[0]?.error.msg; // → 'invalid configuration: "bridge" is 0, expected a string'
 * ```
 */
export function mistakesOf(schema: v.GenericSchema, json: JsonValue, where = ""): Mistake[] {
  const parsed = v.safeParse(schema, shape(schema, json, where === ""));
  if (parsed.success) return [];
  return parsed.issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
    return { path, kind: kindOfIssue(issue, json), error: errorOf(issue, json, where) };
  });
}

function kindOfIssue(issue: v.BaseIssue<unknown>, json: JsonValue): Mistake["kind"] {
  if (isMissing(issue, valueAt(json, issue.path ?? []))) return "missing";
  return issue.kind === "schema" || isIntegerIssue(issue) ? "type" : "value";
}

/** A null counts as absent, so where one is the cause it says the same. */
function isMissing(
  issue: v.BaseIssue<unknown>,
  value: JsonValue | undefined,
): value is null | undefined {
  return value === undefined || (value === null && issue.input === undefined);
}

function isIntegerIssue({ type }: v.BaseIssue<unknown>): boolean {
  return /^(?:safe_)?integer$/u.test(type);
}

function errorOf(issue: v.BaseIssue<unknown>, json: JsonValue, where: string): CniError {
  return errorOfRule(issue) ?? issueError(issue, json, where);
}

function issueError(issue: v.BaseIssue<unknown>, json: JsonValue, where: string): CniError {
  const path = pathOf(issue, where);
  const name = path === "" ? "it" : `"${path}"`;
  const value = valueAt(json, issue.path ?? []);
  if (issue.type === "strict_object" && issue.expected === "never") {
    const msg = `unsupported field ${name} with value ${quote(value)}`;
    return new CniError(ErrorCode.UNSUPPORTED_FIELD, msg);
  }
  if (isMissing(issue, value)) return invalidConfig(`invalid configuration: ${name} is missing`);
  return invalidConfig(
    `invalid configuration: ${name} is ${quote(value)}, ${expectation(issue, value)}`,
  );
}

/** In the words of JSON where the library has its own: "expected an array". */
function expectation(issue: v.BaseIssue<unknown>, value: JsonValue): string {
  const isWhole = isIntegerIssue(issue);
  // A number is refused as a number when it cannot be held exactly, or is not written as whole.
  if (isWhole || (issue.expected === "number" && isNumber(value))) {
    return `expected a whole number of at most ${Number.MAX_SAFE_INTEGER}`;
  }
  // A schema may carry its author's own words.
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  const { expected } = issue;
  if (expected === "Object") return "expected an object";
  if (expected === "Array") return "expected an array";
  if (expected === null) return issue.message;
  // Of several values or types the library says `("a" | "b")`.
  const several = /^\((.+)\)$/u.exec(expected)?.[1];
  if (several !== undefined) return `expected ${several.replaceAll(" | ", " or ")}`;
  return /^[a-z]+$/u.test(expected) ? `expected a ${expected}` : `expected ${expected}`;
}

function pathOf(issue: v.BaseIssue<unknown>, where: string): string {
  return (issue.path ?? []).reduce((path, item) => {
    const key = String(item.key);
    if (item.type === "array") return `${path}[${key}]`;
    return path === "" ? key : `${path}.${key}`;
  }, where);
}

/** What the configuration itself has at the place of an issue. */
function valueAt(
  json: JsonValue,
  path: readonly { readonly key: unknown }[],
): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, { key }) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isObject(value) ? field(value, String(key)) : undefined;
  }, json);
}

function quote(value: JsonValue | undefined): string {
  return excerpt(printJson(value ?? null));
}
