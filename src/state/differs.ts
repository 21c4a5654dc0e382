import { defined } from "../base/index.ts";
import { CniError } from "../spec/index.ts";

/**
 * Code of a CHECK that found another state than ADD had promised. The specification has none for
 * this; codes from 100 on are the plugins' own.
 */
export const STATE_DIFFERS = 100;

/**
 * The error of a CHECK: says what was wanted and what there is.
 *
 * @example
 * ```ts
 * import { differs } from "hawser/state";
 *
 * const { code, msg } = differs("eth0 is down");
 * code; // → 100
 * msg; // → "eth0 is down"
 * ```
 */
export function differs(text: string, details?: string): CniError {
  return new CniError(STATE_DIFFERS, text, defined({ details }));
}

/**
 * The error of a CHECK that does not find the container's interface.
 *
 * @example
 * ```ts
 * import { missingInContainer } from "hawser/state";
 *
 * missingInContainer("eth0").msg; // → "interface eth0 is missing in the container"
 * ```
 */
export function missingInContainer(ifName: string): CniError {
  return differs(`interface ${ifName} is missing in the container`);
}
