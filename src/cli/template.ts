/** Lines of answers in a form that the caller chooses: `{{containerId}} {{addresses}}`. */
import { printable } from "../base/index.ts";
import type { JsonObject, JsonValue } from "../spec/index.ts";
import { UsageError } from "./request.ts";
import { suggestion } from "./suggest.ts";

const PLACE = /\{\{\s*\.?([\w.]+)\s*\}\}/gu;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", "\\t": "\t", "\\\\": "\\" };

/** A text with names of keys in double braces, as `--json` has them; `\t` and `\n` are what they are in C. */
export class Template {
  readonly #text: string;

  /**
   * @param known all keys that the objects may have
   * @throws UsageError for a text without a key, or with one that no object has
   */
  constructor(text: string, known: readonly string[]) {
    const keys = [...text.matchAll(PLACE)].map(([, path = ""]) => path.split(".", 1)[0] ?? "");
    if (keys.length === 0) {
      throw new UsageError(`--format ${text}: write wide, or keys such as {{containerId}}`);
    }
    const strange = keys.find((key) => !known.includes(key));
    if (strange !== undefined) {
      throw new UsageError(`--format: no key ${strange}; ${suggestion(strange, known)}`);
    }
    this.#text = text.replaceAll(/\\[nt\\]/gu, (pair) => ESCAPES[pair] ?? pair);
  }

  /** One line; a key that this object lacks is empty. */
  fill(object: JsonObject): string {
    const line = this.#text.replaceAll(PLACE, (_, path: string) => {
      const value = path.split(".").reduce<JsonValue | undefined>(valueAt, object);
      return printable(textOf(value));
    });
    return `${line}\n`;
  }
}

function valueAt(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return value !== null && typeof value === "object" ? (value as JsonObject)[key] : undefined;
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(textOf).join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
