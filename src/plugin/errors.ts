/** Errors on their way out of a plugin. */
import { defined, errorText } from "../base/index.ts";
import type { PluginIo } from "../invoke/index.ts";
import { CniError, ErrorCode, isPluginCode } from "../spec/index.ts";
import { bugStack, withPlace } from "./bug.ts";

/**
 * An error of the plugin's own making. Codes below 100 belong to the specification (section 5).
 * @throws RangeError for such a code.
 *
 * @example
 * ```ts
 * import { pluginError } from "hawser/plugin";
 *
 * pluginError(120, "no link", "eth1 has gone").message; // → "no link; eth1 has gone"
 * pluginError(7, "bad"); // throws RangeError: code 7 is reserved
 * ```
 */
export function pluginError(code: number, msg: string, details?: string): CniError {
  if (!isPluginCode(code)) {
    throw new RangeError(
      `code ${code} is reserved: a plugin's own codes are whole numbers from 100`,
    );
  }
  return new CniError(code, msg, defined({ details }));
}

/**
 * The error that is printed for anything that was thrown: a typed error as it is, wherever it is among the
 * causes; several errors as one text with the first typed code; all else with code 999. An untyped
 * error after the caller gave up gets code 11, for trying again may help. The stack of a bug goes to stderr.
 */
export function failureOf(
  thrown: unknown,
  plugin: string,
  { signal, stderr }: Pick<PluginIo, "signal" | "stderr">,
): CniError {
  const stack = bugStack(thrown, signal);
  if (stack !== undefined) stderr(`${stack}\n`);
  const one = thrown instanceof AggregateError ? joined(thrown) : CniError.from(thrown);
  if (one.code !== ErrorCode.INTERNAL) return one;
  if (signal?.aborted !== true) return stack === undefined ? one : withPlace(one, thrown, plugin);
  const why = errorText(signal.reason);
  const details = why === one.msg ? undefined : why;
  return new CniError(ErrorCode.TRY_AGAIN_LATER, one.msg, defined({ details, cause: thrown }));
}

function joined(several: AggregateError): CniError {
  const errors = several.errors.map((error: unknown) => CniError.from(error));
  if (errors.length === 0) return CniError.from(several);
  const code = errors.find((error) => error.code !== ErrorCode.INTERNAL)?.code;
  const msg = errors.map((error) => error.message).join("; ");
  return new CniError(code ?? ErrorCode.INTERNAL, msg, { cause: several });
}
