import {
  CniError,
  ErrorCode,
  field,
  isObject,
  type JsonObject,
  LATEST,
  type PartialEnvironment,
  parseJson,
} from "../spec/index.ts";
import { runPlugin } from "./answer.ts";
import { buildEnv } from "./environment.ts";
import type { Executor, PluginCall } from "./executor.ts";

/** What a plugin says to VERSION. */
export interface VersionInfo {
  /** The version of the answer itself. */
  readonly cniVersion: string;
  /** Oldest first, in the plugin's own order; never empty. */
  readonly supportedVersions: readonly string[];
}

/** What VERSION needs beside the plugin; all else of a `PluginCall` follows from it. */
export interface VersionRequest
  extends Pick<PluginCall, "signal" | "timeoutMs" | "onStderr" | "onStep"> {
  /** The plugin's type, for messages. */
  readonly type: string;
  /** Its executable. */
  readonly path: string;
  /** The environment the plugin's is made from. */
  readonly env: PartialEnvironment;
}

/**
 * Asks a plugin which versions it supports (specification, section 2, VERSION). A plugin that
 * does not know the operation supports 0.1.0 only; a 0.2.0 answer without a list, 0.1.0 and
 * 0.2.0. Old plugins demand parameters here too, so that harmless ones are given.
 * @throws CniError as `runPlugin` does, and a CniError of code 6 for an answer that is none
 *
 * @example
 * ```ts
 * import { findPlugin, getVersionInfo, ProcessExecutor } from "hawser/invoke";
 *
 * const info = await getVersionInfo(new ProcessExecutor(), {
 *   type: "hello",
 *   path: findPlugin("hello", ["/opt/cni/bin"]),
 *   env: process.env,
 * });
 * info; // → { cniVersion: "1.1.0", supportedVersions: ["1.0.0", "1.1.0"] }
 * ```
 */
export async function getVersionInfo(
  executor: Executor,
  request: VersionRequest,
): Promise<VersionInfo> {
  const { env, ...rest } = request;
  const call: PluginCall = {
    ...rest,
    operation: "VERSION",
    stdin: JSON.stringify({ cniVersion: LATEST }),
    env: buildEnv(env, { operation: "VERSION", netns: DUMMY, ifName: DUMMY, path: [DUMMY] }),
  };
  let stdout: string;
  try {
    stdout = await runPlugin(executor, call);
  } catch (error) {
    if (error instanceof CniError && error.msg === "unknown CNI_COMMAND: VERSION") {
      return { cniVersion: "0.1.0", supportedVersions: ["0.1.0"] };
    }
    throw error;
  }
  return decode(stdout, request.type);
}

const DUMMY = "dummy";

function decode(stdout: string, type: string): VersionInfo {
  const answer = object(stdout, type);
  const cniVersion = field(answer, "cniVersion") ?? "";
  const versions = field(answer, "supportedVersions") ?? [];
  if (typeof cniVersion !== "string") throw bad(type, "cniVersion is not a string");
  if (!Array.isArray(versions) || !versions.every((entry) => typeof entry === "string")) {
    throw bad(type, "supportedVersions is not a list of strings");
  }
  if (versions.length > 0) return { cniVersion, supportedVersions: versions };
  if (cniVersion === "0.2.0") return { cniVersion, supportedVersions: ["0.1.0", "0.2.0"] };
  throw bad(type, "missing field supportedVersions");
}

function object(stdout: string, type: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(stdout);
  } catch (error) {
    throw bad(type, (error as Error).message);
  }
  if (!isObject(value)) throw bad(type, "the answer is no object");
  return value;
}

function bad(type: string, why: string): CniError {
  const msg = `decoding version info: ${why}`;
  return new CniError(ErrorCode.DECODING_FAILURE, msg, {
    details: `plugin type=${JSON.stringify(type)}`,
  });
}
