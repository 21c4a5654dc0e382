import { CniError, ErrorCode } from "../errors.ts";

/**
 * Reads `CNI_ARGS`: pairs `K=V` joined by `;`. The empty text has none; a pair needs exactly one
 * `=` and both namespaces, so that a trailing `;` is an error (code 4).
 *
 * @example
 * ```ts
 * import { parseArgs } from "hawser/spec";
 *
 * parseArgs("IP=10.1.0.7;MAC=c2:11:22:33:44:55"); // → [["IP", "10.1.0.7"], ["MAC", "c2:11:22:33:44:55"]]
 * parseArgs(""); // → []
 * parseArgs("IP"); // throws CniError 4: invalid CNI_ARGS pair "IP"
 * ```
 */
export function parseArgs(text: string): [string, string][] {
  if (text === "") return [];
  return text.split(";").map((pair) => {
    const [key = "", value = "", ...rest] = pair.split("=");
    if (key === "" || value === "" || rest.length > 0) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `invalid CNI_ARGS pair ${JSON.stringify(pair)}`,
      );
    }
    return [key, value];
  });
}

/**
 * Writes `CNI_ARGS`. The format has no escaping: a key or value with `;`, `=` or NUL, which no
 * plugin could read back, is refused (code 4).
 *
 * @example
 * ```ts
 * import { printArgs } from "hawser/spec";
 *
 * printArgs([["IgnoreUnknown", "1"], ["IP", "10.1.0.7"]]); // → "IgnoreUnknown=1;IP=10.1.0.7"
 * printArgs([["A", "b;c"]]); // throws CniError 4: CNI_ARGS cannot carry the pair ["A","b;c"]
 * ```
 */
export function printArgs(args: readonly (readonly [string, string])[]): string {
  for (const pair of args) {
    if (pair.some((side) => /[;=\0]/.test(side)) || pair[0] === "") {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `CNI_ARGS cannot carry the pair ${JSON.stringify(pair)}`,
      );
    }
  }
  return args.map(([key, value]) => `${key}=${value}`).join(";");
}
