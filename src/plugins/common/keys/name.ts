import { CniError, ErrorCode } from "../../../spec/index.ts";

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

/** The error of a configuration that makes no sense. */
export function invalidConfig(msg: string, details?: string): CniError {
  const more = details === undefined ? {} : { details };
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, more);
}
