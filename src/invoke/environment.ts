import { delimiter } from "node:path";
import {
  CniError,
  ENV,
  ErrorCode,
  type Operation,
  type PartialEnvironment,
  printArgs,
} from "../spec/index.ts";

/** The span of a trace that the operation belongs to, in W3C's terms. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** One byte; bit 0 says that the trace is recorded. */
  readonly flags?: number;
  /** `tracestate`, as it was received. */
  readonly state?: string;
  /** `baggage`, as it was received. */
  readonly baggage?: string;
}

/** What the environment of a plugin is made of (specification, section 2, parameters). */
export interface Parameters {
  /** `CNI_COMMAND`. */
  readonly operation: Operation;
  /** `CNI_CONTAINERID`. */
  readonly containerId?: string;
  /** `CNI_NETNS`: path of the namespace. */
  readonly netns?: string;
  /** `CNI_IFNAME`. */
  readonly ifName?: string;
  /** `CNI_ARGS`, as pairs. */
  readonly args?: readonly (readonly [string, string])[];
  /** `CNI_PATH`, as directories. */
  readonly path?: readonly string[];
  /** One that is no valid span is left out. */
  readonly trace?: TraceContext;
}

/**
 * The environment of a plugin: all of `base`, with the six variables of the protocol always set,
 * if need be to the empty text, and the trace context when there is a valid one. A NUL character,
 * or an argument that `printArgs` refuses, is a CniError of code 4.
 *
 * @example
 * ```ts
 * import { buildEnv } from "hawser/invoke";
 *
 * const env = buildEnv({ LANG: "C" }, { operation: "STATUS", path: ["/opt/cni/bin"] });
 * env["LANG"]; // → "C"
 * env["CNI_COMMAND"]; // → "STATUS"
 * env["CNI_IFNAME"]; // → ""
 * ```
 */
export function buildEnv(base: PartialEnvironment, parameters: Parameters): Record<string, string> {
  const env = definedVariables(base);
  const own: Record<string, string> = {
    ...traceVariables(parameters.trace),
    [ENV.COMMAND]: parameters.operation,
    [ENV.CONTAINERID]: parameters.containerId ?? "",
    [ENV.NETNS]: parameters.netns ?? "",
    [ENV.ARGS]: printArgs(parameters.args ?? []),
    [ENV.IFNAME]: parameters.ifName ?? "",
    [ENV.PATH]: (parameters.path ?? []).join(delimiter),
  };
  for (const name of Object.keys(own)) {
    const value = own[name] ?? "";
    if (value.includes("\0")) {
      throw new CniError(
        ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
        `${name} contains a NUL character`,
        { details: JSON.stringify(value) },
      );
    }
    env[name] = value;
  }
  return env;
}

/** A copy, which the engine makes at one go; it is walked only when something is to be left out. */
function definedVariables(base: PartialEnvironment): Record<string, string> {
  const env = { ...base };
  if (Object.values(env).includes(undefined)) {
    for (const name of Object.keys(env)) {
      if (env[name] === undefined) delete env[name];
    }
  }
  return env as Record<string, string>;
}

function traceVariables(trace: TraceContext | undefined): Record<string, string> {
  if (trace === undefined || !isValid(trace)) return {};
  const flags = ((trace.flags ?? 0) & 0xff).toString(16).padStart(2, "0");
  return {
    TRACEPARENT: `00-${trace.traceId}-${trace.spanId}-${flags}`,
    ...(trace.state ? { TRACESTATE: trace.state } : {}),
    ...(trace.baggage ? { BAGGAGE: trace.baggage } : {}),
  };
}

function isValid({ traceId, spanId }: TraceContext): boolean {
  return (
    /^[0-9a-f]{32}$/.test(traceId) &&
    /^[0-9a-f]{16}$/.test(spanId) &&
    /[^0]/.test(traceId) &&
    /[^0]/.test(spanId)
  );
}
