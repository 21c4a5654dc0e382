import { isObject, type JsonValue, parseJson, printJson } from "../../spec/index.ts";

/** What stands in the place of a secret. */
export const MASKED = "(masked)";

/**
 * Keys whose values are secrets, in whatever style they are written. Rather too many than too few: a
 * value that is masked for nothing is named, and a secret that is not stands in a bug report.
 */
const SECRET_KEY = new RegExp(
  [
    ...[
      "pass(?:word|wd|phrase|code)?",
      "secret",
      "token",
      "credential",
      "auth",
      "bearer",
      "cookie",
    ],
    ...["kube_?-?config", "psk", "signature", "certificate", "session"],
    "(?:private|shared|access|api|ssh|tls|encryption|signing|client|server|account)[-_. ]?key",
  ].join("|"),
  "iu",
);
/** A key that is nothing but this: `"key": "…"`. */
const BARE_KEY = /^key$/iu;

/** Secrets that show themselves by their form, wherever they stand. */
const SECRET_TEXTS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/gu,
  /\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?/gu, // a JSON web token
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[opsu]_[A-Za-z0-9]{30,}\b|\bxox[abprs]-[\w-]{10,}/gu,
];
/** The same with what stands before the secret, which stays. */
const SECRET_ENDS: readonly RegExp[] = [
  /(\b(?:Bearer|Basic) +)[\w.~+/=-]{8,}/giu,
  /(:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/gu, // a password in a URL
  /((?:pass(?:word|wd|phrase)?|secret|token|credentials?|auth(?:orization)?|api[-_]?key|private[-_]?key)["'\\]*\s*[:=]\s*["'\\]*)(?!\(masked\))[^\s"',;&}\\]+/giu,
];

/** A part of each of these forms: most texts have none, and one look is enough for them. */
const SUSPICIOUS =
  /BEGIN |eyJ|AKIA|ASIA|gh[opsu]_|xox|bearer|basic|:\/\/|pass|secret|token|credential|auth|key/i;

/** A shorter secret is not searched for in other texts: it would be found in all of them. */
const SEARCHED_MIN = 6;
const SEARCHED_MAX = 64;
const PLACES_MAX = 64;

/** Takes secrets out of the parts of one call, and remembers them and their places. */
export class Mask {
  /** Where something was masked, such as `stdin: ipam.token`. */
  readonly places: string[] = [];
  readonly #secrets: string[] = [];

  /**
   * A JSON text without its secrets, on one line if there are any. Undefined for what is no JSON: its
   * secrets could not be found.
   */
  json(text: string, part: string): string | undefined {
    let value: JsonValue;
    try {
      value = parseJson(text);
    } catch {
      return undefined;
    }
    const before = this.places.length;
    const masked = this.#value(value, part, "");
    return this.places.length === before ? text : printJson(masked);
  }

  /** `K=V` pairs joined by `;`, as CNI_ARGS has them. */
  pairs(text: string, part: string): string {
    return text
      .split(";")
      .map((pair) => {
        const at = pair.indexOf("=");
        if (at === -1) return this.text(pair, part);
        const key = pair.slice(0, at);
        return `${key}=${this.keyed(key, pair.slice(at + 1), `${part}: ${key}`)}`;
      })
      .join(";");
  }

  /** The value of a key, or of a variable. */
  keyed(key: string, value: string, place: string): string {
    if (value === "" || !isSecretKey(key)) return this.text(value, place);
    this.#note(value, place);
    return MASKED;
  }

  /** The value of a variable that is no plugin's; it is searched for where it has the name of a secret. */
  foreign(name: string, value: string): string {
    if (value === "") return "";
    if (isSecretKey(name)) this.#note(value, `env: ${name}`);
    return MASKED;
  }

  /** A text for people, or a value: without secrets of a known form. */
  text(text: string, place?: string): string {
    if (!SUSPICIOUS.test(text)) return text;
    let masked = text;
    for (const form of SECRET_TEXTS) masked = masked.replace(form, MASKED);
    for (const form of SECRET_ENDS) masked = masked.replace(form, `$1${MASKED}`);
    if (masked !== text && place !== undefined) this.#place(place);
    return masked;
  }

  /** As `text`, and without the secrets that were found anywhere before. */
  found(text: string): string {
    return this.searched(this.text(text));
  }

  /** Without the secrets that were found before, and nothing else: JSON stays JSON. */
  searched(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, MASKED);
    return masked;
  }

  #value(value: JsonValue, part: string, path: string): JsonValue {
    if (typeof value === "string") return this.text(value, placeOf(part, path));
    if (Array.isArray(value)) {
      return value.map((each, at) => this.#value(each, part, `${path}[${at}]`));
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, each]): [string, JsonValue] => {
      const below = path === "" ? key : `${path}.${key}`;
      if (!isSecret(key, each)) return [this.text(key), this.#value(each, part, below)];
      this.#secretsOf(each);
      this.#place(placeOf(part, below));
      return [key, MASKED];
    });
    return Object.fromEntries(entries);
  }

  /** All texts below a key that is one of a secret. */
  #secretsOf(value: JsonValue): void {
    // A number is not searched for: what is left of another one would be no JSON.
    if (typeof value === "string") this.#search(value);
    else if (Array.isArray(value)) for (const each of value) this.#secretsOf(each);
    else if (isObject(value)) for (const each of Object.values(value)) this.#secretsOf(each);
  }

  #note(value: string, place: string): void {
    this.#search(value);
    this.#place(place);
  }

  #search(value: string): void {
    if (value.length < SEARCHED_MIN || this.#secrets.length >= SEARCHED_MAX) return;
    // As a text of its own, and as it stands within a JSON text.
    const escaped = JSON.stringify(value).slice(1, -1);
    this.#secrets.push(...new Set([value, escaped]));
  }

  #place(place: string): void {
    if (this.places.length < PLACES_MAX && !this.places.includes(place)) this.places.push(place);
  }
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) || BARE_KEY.test(key);
}

/** A switch is none: `"auth": true` says nothing. */
function isSecret(key: string, value: JsonValue): boolean {
  if (value === null || typeof value === "boolean" || value === "") return false;
  return isSecretKey(key);
}

function placeOf(part: string, path: string): string {
  return path === "" ? part : `${part}: ${path}`;
}
