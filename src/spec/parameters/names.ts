import { defined, excerpt } from "../../base/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../errors.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** The longest interface name Linux takes, in bytes of UTF-8. */
export const MAX_IFNAME_BYTES = 15;

/**
 * The longest container ID that a call can carry, in characters: what Linux takes as one variable of
 * an environment (MAX_ARG_STRLEN), less `CNI_CONTAINERID=` and the NUL at its end.
 */
export const MAX_CONTAINER_ID_LENGTH = 131_055;

const UTF8 = new TextEncoder();

/** Unicode's white space, by the definition Go's `unicode.IsSpace` follows. */
const SPACE = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;

/** What no store, log or terminal keeps as it is: the controls of ASCII and of Latin-1. */
const CONTROL = /\p{Cc}/u;

/** Halves of surrogate pairs, and the character that stands for bytes that are no UTF-8. */
const NOT_UTF8 = /[\p{Cs}\ufffd]/u;

/** Byte that Linux takes for white space in a name, as a part of a longer character too. */
const NO_BREAK_SPACE = 0xa0;

/**
 * Checks a container ID (section 2, parameters): empty is code 3, a bad character code 4. The
 * specification knows no longest one; what no environment can carry is code 4, too.
 *
 * @example
 * ```ts
 * import { checkContainerId } from "hawser/spec";
 *
 * checkContainerId("web-1"); // → undefined
 * checkContainerId("../web"); // throws CniError 4: invalid characters in containerID; ../web
 * ```
 */
export function checkContainerId(containerId: string): void {
  if (containerId === "") throw new CniError(ErrorCode.UNKNOWN_CONTAINER, "missing containerID");
  if (containerId.length > MAX_CONTAINER_ID_LENGTH) {
    const msg = `containerID is longer than ${MAX_CONTAINER_ID_LENGTH} characters`;
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg);
  }
  if (NAME.test(containerId)) return;
  throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, "invalid characters in containerID", {
    details: containerId,
  });
}

/**
 * Checks a network's name (section 1): empty or a bad character is code 7.
 *
 * @example
 * ```ts
 * import { checkNetworkName } from "hawser/spec";
 *
 * checkNetworkName("db.net_1"); // → undefined
 * checkNetworkName("db/net"); // throws CniError 7: invalid characters found in network name; db/net
 * ```
 */
export function checkNetworkName(name: string): void {
  if (name === "") throw invalidConfig("missing network name");
  if (NAME.test(name)) return;
  throw invalidConfig("invalid characters found in network name", excerpt(name));
}

/**
 * Checks an interface name (section 2, parameters) by Linux's rules, so that it is also safe in a
 * path: code 4. A name that passes is the link's name as it stands (Linux completes one with `%`),
 * and each store of attachments gives it back unchanged.
 *
 * @example
 * ```ts
 * import { checkIfName } from "hawser/spec";
 *
 * checkIfName("eth0"); // → undefined
 * checkIfName("interface-number-1"); // throws CniError 4: interface name is too long
 * ```
 */
export function checkIfName(ifName: string): void {
  if (ifName === "") throw badIfName("interface name is empty");
  const bytes = UTF8.encode(ifName);
  if (bytes.length > MAX_IFNAME_BYTES) {
    throw badIfName(
      "interface name is too long",
      `interface name should be less than ${MAX_IFNAME_BYTES + 1} characters`,
    );
  }
  if (ifName === "." || ifName === "..") throw badIfName("interface name is . or ..");
  if (ifName.includes("\0")) throw badIfName("interface name contains a NUL character");
  if (/[/:]/.test(ifName) || SPACE.test(ifName)) {
    throw badIfName("interface name contains / or : or whitespace characters");
  }
  if (CONTROL.test(ifName)) throw badIfName("interface name contains a control character");
  if (NOT_UTF8.test(ifName)) throw badIfName("interface name is not valid UTF-8");
  if (ifName.includes("%")) {
    throw badIfName("interface name contains %", "Linux takes it for a pattern of names");
  }
  if (bytes.includes(NO_BREAK_SPACE)) {
    throw badIfName("interface name contains the byte 0xa0", "Linux takes it for white space");
  }
}

/**
 * Checks a plugin's type (section 1) before it becomes part of a path: code 7.
 *
 * @example
 * ```ts
 * import { checkPluginType } from "hawser/spec";
 *
 * checkPluginType("host-local"); // → undefined
 * checkPluginType("../sh"); // throws CniError 7: invalid plugin name: ../sh
 * ```
 */
export function checkPluginType(type: string): void {
  if (type === "") throw invalidConfig("no plugin name provided");
  if (!/[/\\\0]/.test(type) && type !== "." && type !== "..") return;
  throw invalidConfig(`invalid plugin name: ${type}`);
}

function badIfName(msg: string, details?: string): CniError {
  const options = defined({ details });
  return new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, options);
}
