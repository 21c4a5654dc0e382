/** Rules of values beyond their types, for schemas that configurations are decoded with. */
import * as v from "valibot";
import { CniError, type JsonObject } from "../spec/index.ts";

/** The error behind an issue of a rule: what it says is not to be put into other words. */
const ERRORS = new WeakMap<object, CniError>();

/** A rule as an action of valibot, with what JSON Schema says for it. */
export type Rule<T> = v.RawCheckAction<T> & {
  /** The keywords of JSON Schema that describe the rule. */
  readonly says: JsonObject;
};

/** What JSON Schema says of a value, as an action of valibot that judges nothing. */
export interface Says<T> extends v.BaseMetadata<T> {
  readonly type: "says";
  readonly reference: typeof says;
  readonly says: JsonObject;
  /** The key has to be there. */
  readonly required: boolean;
}

/**
 * A rule of a value for a schema that `decode` reads: a `CniError` that `check` throws is what `decode`
 * throws, and of a `RangeError`, as the parsers of `hawser/addr` throw it, the text is what was expected, in an
 * error of code 7 that names the key. Anything else that is thrown is a bug. `says` are the keywords of JSON
 * Schema by which editors know the rule as well.
 *
 * @example
 * ```ts
 * import { decode, invalidConfig, rule } from "hawser/plugin";
 * import * as v from "valibot";
 *
 * const even = rule({ multipleOf: 2 }, (value: number) => {
 *   if (value % 2 !== 0) throw invalidConfig(`invalid size ${value}: it is odd`);
 * });
 * const Config = v.object({ size: v.pipe(v.number(), v.integer(), even) });
 * decode(Config, { size: 4 }); // → { size: 4 }
 * decode(Config, { size: 3 }); // throws CniError 7: invalid size 3: it is odd
 * ```
 *
 * @example
 * ```ts
 * import { Prefix } from "hawser/addr";
 * import { decode, rule } from "hawser/plugin";
 * import * as v from "valibot";
 *
 * const subnet = rule({ pattern: "/" }, (text: string) => void Prefix.parse(text));
 * const Config = v.object({ subnet: v.pipe(v.string(), subnet) });
 * decode(Config, { subnet: "10.1.0.0/16" }); // → { subnet: "10.1.0.0/16" }
 * decode(Config, { subnet: "10.1/16" }); // throws CniError 7: invalid configuration: "subnet" is "10.1/16", invalid CIDR address: 10.1/16
 * ```
 */
export function rule<T>(says: JsonObject, check: (value: T) => void): Rule<T> {
  const action = v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      check(dataset.value);
    } catch (thrown) {
      if (thrown instanceof RangeError) {
        addIssue({ message: thrown.message });
        return;
      }
      const error = CniError.from(thrown);
      const message = (issue: object): string => {
        ERRORS.set(issue, error);
        return error.msg;
      };
      addIssue({ message });
    }
  });
  return { ...action, says };
}

/**
 * The keywords of JSON Schema for a rule that is judged elsewhere, where more is known: with the other
 * keys, say. A key with `required` has to be there; the error for it is the plugin's own.
 *
 * @example
 * ```ts
 * import { decode, says } from "hawser/plugin";
 * import * as v from "valibot";
 *
 * const Config = v.object({ size: v.pipe(v.optional(v.number()), says({ minimum: 1 })) });
 * decode(Config, { size: 0 }); // → { size: 0 }
 * ```
 */
export function says<T>(
  keywords: JsonObject,
  options: { readonly required?: boolean } = {},
): Says<T> {
  const required = options.required === true;
  return { kind: "metadata", type: "says", reference: says, says: keywords, required };
}

/** The error that a rule has thrown for an issue; undefined for an issue that is of no rule. */
export function errorOfRule(issue: object): CniError | undefined {
  return ERRORS.get(issue);
}
