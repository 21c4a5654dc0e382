import { quoted } from "../../base/index.ts";
import { type Rule, rule } from "../../plugin/index.ts";
import { invalidConfig } from "../../spec/index.ts";

/** IFNAMSIZ without its NUL. */
const NAME_MAX_BYTES = 15;

/**
 * Refuses what the kernel would refuse as the name of a link, and what would leave its directory
 * in /proc or /sys. `what` says whose name it is: "bridge", "master".
 * @throws CniError of code 7.
 */
export function checkLinkName(what: string, name: string): void {
  const bytes = new TextEncoder().encode(name).length;
  const fits = bytes > 0 && bytes <= NAME_MAX_BYTES;
  if (fits && name !== "." && name !== ".." && !/[/:\s\0]/u.test(name)) return;
  const rule = '1 to 15 bytes without "/", ":" and white space';
  throw invalidConfig(`invalid ${what} name ${quoted(name)}: it must have ${rule}`);
}

/** The same for a key that has such a name; with `orNone`, "" says that it has none. */
export function linkName(what: string, options: { readonly orNone?: boolean } = {}): Rule<string> {
  const orNone = options.orNone === true;
  const pattern = String.raw`^(?!\.{1,2}$)[^/:\s\0]{1,${NAME_MAX_BYTES}}$`;
  return rule({ pattern: orNone ? `^$|${pattern}` : pattern }, (name) => {
    if (name !== "" || !orNone) checkLinkName(what, name);
  });
}

/** ALTIFNAMSIZ without its NUL. */
const OTHER_NAME_MAX_BYTES = 127;

/**
 * Refuses what can be no name of an existing link, further names (`altname`) among them; "" says
 * that none was given. The name must not become a path.
 */
export const masterName: Rule<string> = rule(
  { pattern: String.raw`^[^/\s\0]{0,${OTHER_NAME_MAX_BYTES}}$` },
  (name) => {
    const fits = new TextEncoder().encode(name).length <= OTHER_NAME_MAX_BYTES;
    if (fits && !/[/\s\0]/u.test(name)) return;
    throw invalidConfig(`invalid master name ${quoted(name)}`);
  },
);
