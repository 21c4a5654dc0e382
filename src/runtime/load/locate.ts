/** Finding a value of a configuration in its text, for messages. */

type Step = string | number;

/** The part of a line that a message shows. */
const WIDTH = 100;
const NEWLINE = "\n";

/**
 * Where a value stands in JSON text that may hold comments: the place of its key, or of itself in a
 * list. Undefined when it is not there, or the text ends before.
 *
 * @example
 * ```ts
 * import { locate } from "hawser/runtime";
 *
 * const text = '{"plugins": [\n  {"type": "bridge",\n   "mtu": "x"}]}';
 * locate(text, ["plugins", 0, "mtu"]); // → { line: 3, column: 4, text: "   \"mtu\": \"x\"}]}" }
 * locate(text, ["plugins", 1]); // → undefined
 * ```
 */
export function locate(
  text: string,
  path: readonly (string | number)[],
): { line: number; column: number; text: string } | undefined {
  const at = new Walk(text).find(path);
  return at === undefined ? undefined : placeOf(text, at);
}

/** Line and column of a place from 1, and the line itself. */
export function placeOf(text: string, at: number): { line: number; column: number; text: string } {
  const start = text.lastIndexOf(NEWLINE, at - 1) + 1;
  const end = text.indexOf(NEWLINE, at);
  const whole = text.slice(start, end === -1 ? undefined : end).trimEnd();
  const line = text.slice(0, start).split(NEWLINE).length;
  return { line, column: at - start + 1, text: whole.slice(0, WIDTH) };
}

/**
 * The path of a key that a plugin's message names.
 *
 * @example
 * ```ts
 * import { stepsOf } from "hawser/runtime";
 *
 * stepsOf("ipam.ranges[0][1].subnet"); // → ["ipam", "ranges", 0, 1, "subnet"]
 * ```
 */
export function stepsOf(key: string): (string | number)[] {
  return [...key.matchAll(/[^.[\]]+/gu)].map(([step]) =>
    /^\d+$/u.test(step) ? Number(step) : step,
  );
}

/** Walks through JSON text that was read before, without reading its values. */
class Walk {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  find(path: readonly Step[]): number | undefined {
    let found = this.#next();
    for (const step of path) {
      const inside = this.#enter(step);
      if (inside === undefined) return undefined;
      found = inside;
    }
    return found < this.#text.length ? found : undefined;
  }

  /** Goes to an element or a member of the value that begins here; gives its place. */
  #enter(step: Step): number | undefined {
    const open = this.#text[this.#next()];
    if (open !== (typeof step === "number" ? "[" : "{")) return undefined;
    this.#at++;
    for (let index = 0; ; index++) {
      const place = this.#next();
      const first = this.#text[place];
      if (first === undefined || first === "]" || first === "}") return undefined;
      if (open === "{") {
        const key = this.#string();
        if (this.#text[this.#next()] === ":") this.#at++;
        // Go's decoder, and so Hawser, takes keys without regard to case.
        if (key.toLowerCase() === String(step).toLowerCase()) return place;
      } else if (index === step) {
        return place;
      }
      this.#skip();
      if (this.#text[this.#next()] === ",") this.#at++;
    }
  }

  /** The next character that is neither blank nor in a comment. */
  #next(): number {
    const blank = /(?:\s+|\/\/[^\n]*|\/\*.*?\*\/)*/suy;
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#text)?.[0].length ?? 0;
    return this.#at;
  }

  #string(): string {
    const quoted = /"((?:[^"\\]|\\.)*)"/suy;
    quoted.lastIndex = this.#at;
    const [whole, inner = ""] = quoted.exec(this.#text) ?? [];
    this.#at += whole?.length ?? 1;
    return inner;
  }

  /** Passes over one value, with all that is in it. */
  #skip(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#next()];
      if (character === undefined) return;
      if (character === '"') {
        this.#string();
      } else {
        if (character === "{" || character === "[") depth++;
        if (character === "}" || character === "]") depth--;
        this.#at++;
      }
    } while (depth > 0 || !/[\s,\]}:]/u.test(this.#text[this.#at] ?? ","));
  }
}
