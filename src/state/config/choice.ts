import { quoted } from "../../base/index.ts";
import { type Rule, rule } from "../../plugin/index.ts";
import { invalidConfig } from "../../spec/index.ts";

/**
 * The one of a key's values that has this name; "" is the first.
 * @param what the name of the value, such as "macvlan mode"
 * @throws CniError of code 7 for another name.
 */
export function choice<T extends string>(what: string, values: readonly T[], name: string): T {
  const found = name === "" ? values[0] : values.find((each) => each === name);
  if (found !== undefined) return found;
  throw invalidConfig(`unknown ${what}: ${quoted(name)}`, `one of ${values.join(", ")}`);
}

/** The same as a rule of the key. */
export function choiceOf(what: string, values: readonly string[]): Rule<string> {
  return rule({ enum: [...values, ""] }, (name) => void choice(what, values, name));
}
