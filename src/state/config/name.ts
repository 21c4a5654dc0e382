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
  throw invalidConfig(`invalid ${what} name ${JSON.stringify(name)}: it must have ${rule}`);
}

/** ALTIFNAMSIZ without its NUL. */
const OTHER_NAME_MAX_BYTES = 127;

/**
 * Refuses what can be no name of an existing link, further names (`altname`) among them; "" says
 * that none was given. The name must not become a path.
 * @throws CniError of code 7.
 */
export function checkMasterName(name: string): void {
  const fits = new TextEncoder().encode(name).length <= OTHER_NAME_MAX_BYTES;
  if (fits && !/[/\s\0]/u.test(name)) return;
  throw invalidConfig(`invalid master name ${JSON.stringify(name)}`);
}
