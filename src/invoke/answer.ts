import {
  CniError,
  ErrorCode,
  field,
  isObject,
  parseJson,
  parseResult,
  type Result,
} from "../spec/index.ts";
import type { Executor, PluginAnswer, PluginCall } from "./executor.ts";
import { head, PluginFailure, tail } from "./failure.ts";
import { factsOf, stderrDetails } from "./process.ts";

/**
 * Runs a plugin and gives what it printed; a failed one throws the error it printed
 * (specification, sections 2 and 5), or one that tells how it ended, as a `PluginFailure`.
 *
 * @example
 * ```ts
 * import { buildEnv, ProcessExecutor, runPlugin } from "hawser/invoke";
 *
 * const executor = new ProcessExecutor();
 * const stdout = await runPlugin(executor, {
 *   operation: "VERSION",
 *   type: "hello",
 *   path: executor.find("hello", ["/opt/cni/bin"]),
 *   stdin: '{"cniVersion": "1.1.0"}',
 *   env: buildEnv(process.env, { operation: "VERSION" }),
 * });
 * JSON.parse(stdout).supportedVersions; // → ["1.0.0", "1.1.0"]
 * ```
 */
export async function runPlugin(executor: Executor, call: PluginCall): Promise<string> {
  return judge(call, await executor.run(call)).stdout;
}

/**
 * Runs a plugin that must print a result and reads it. Without a version of its own it is taken
 * to have that of the configuration; `null` is the empty result.
 * @throws CniError as `runPlugin` does, and a `PluginFailure` of code 6 when the plugin succeeded
 *   without a result that can be read
 *
 * @example
 * ```ts
 * import { buildEnv, ProcessExecutor, runForResult } from "hawser/invoke";
 *
 * const executor = new ProcessExecutor();
 * const result = await runForResult(
 *   executor,
 *   {
 *     operation: "ADD",
 *     type: "hello",
 *     path: executor.find("hello", ["/opt/cni/bin"]),
 *     stdin: '{"cniVersion": "1.1.0", "name": "hellonet", "type": "hello"}',
 *     env: buildEnv(process.env, { operation: "ADD", containerId: "web-1", ifName: "eth0" }),
 *     timeoutMs: 10_000,
 *   },
 *   "1.1.0",
 * );
 * result.ips; // → [{ address: "10.1.0.2/16" }]
 * ```
 */
export async function runForResult(
  executor: Executor,
  call: PluginCall,
  configVersion: string,
): Promise<Result> {
  const answer = judge(call, await executor.run(call));
  if (answer.result !== undefined) return answer.result;
  try {
    if (answer.stdout.trim() === "") throw new Error("unexpected end of JSON input");
    return parseResult(answer.stdout, configVersion);
  } catch (error) {
    const why = error instanceof CniError ? error.message : String((error as Error).message);
    const printed = answer.stdout.trim() === "" ? "nothing" : JSON.stringify(head(answer.stdout));
    throw new PluginFailure(
      ErrorCode.DECODING_FAILURE,
      `plugin ${JSON.stringify(call.type)} succeeded but printed no valid result: ${why}`,
      factsOf(call, answer, answer.ms),
      { details: `it printed ${printed}`, cause: error },
    );
  }
}

function judge(call: PluginCall, answer: PluginAnswer): PluginAnswer {
  if (answer.exitCode === 0) return answer;
  const facts = factsOf(call, answer, answer.ms);
  const printed = errorObject(answer.stdout) ?? errorObject(answer.stderr, { strict: true });
  if (printed !== undefined && printed.msg !== "") {
    const details = printed.details === undefined ? {} : { details: printed.details };
    throw new PluginFailure(printed.code, printed.msg, facts, details);
  }
  throw new PluginFailure(
    printed?.code ?? ErrorCode.UNKNOWN,
    `plugin ${JSON.stringify(call.type)} failed${describe(answer, printed !== undefined)}`,
    facts,
    stderrDetails(answer.stderr),
  );
}

function describe(answer: PluginAnswer, hasObject: boolean): string {
  const how = ending(answer);
  if (hasObject) return ` without saying why (its error object has no message): ${how}`;
  if (answer.stdout.trim() !== "") {
    return `, and what it printed is no error object: ${how}: ${JSON.stringify(head(answer.stdout, 512))}`;
  }
  return tail(answer.stderr) === "" ? ` with no error message: ${how}` : `: ${how}`;
}

function ending({ exitCode, signal }: PluginAnswer): string {
  return signal === null ? `exit status ${exitCode}` : `ended by ${signal}`;
}

/**
 * The error object in what a failed plugin printed. A plugin whose kit found a fault only after
 * printing a result has printed both; the last document counts. In the text of stderr, which is
 * meant for people, only an object with a code and a message counts.
 */
function errorObject(text: string, options: { strict?: boolean } = {}): CniError | undefined {
  for (const document of [text, lastDocument(text)]) {
    try {
      const value = parseJson(document);
      if (!isObject(value)) continue;
      if (options.strict && typeof field(value, "msg") !== "string") continue;
      if (options.strict && field(value, "code") === undefined) continue;
      return CniError.fromJson(value);
    } catch {
      // no document, or no error object
    }
  }
  return undefined;
}

/** The last of several JSON objects that follow one another. */
function lastDocument(text: string): string {
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") {
        at++;
      } else if (character === '"') {
        inString = false;
      }
    } else if (character === '"') {
      inString = depth > 0;
    } else if (character === "{") {
      if (depth++ === 0) start = at;
    } else if (character === "}" && depth > 0) {
      depth--;
    }
  }
  return text.slice(start).trim();
}
