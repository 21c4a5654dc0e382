import type { Env } from "../../base/index.ts";

/** The place of one call in a trace, in W3C's terms. */
export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** The span that this one is a part of; absent for the first of a trace. */
  readonly parentId?: string;
  /** Bit 0 says that the trace is kept. */
  readonly flags: number;
  /** `tracestate`, as it was received. */
  readonly state?: string;
}

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
const SAMPLED = 1;
/** As long as a `tracestate` may be; a longer one is dropped, as the standard has it. */
const STATE_MAX = 512;
const PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})/u;

/**
 * The context of a call by its environment (rule R126): below the caller's span where that is valid,
 * else the first of a trace.
 * @param keeps whether a trace that begins here is kept by others, too
 */
export function contextOf(env: Env, keeps: boolean): SpanContext {
  const [, traceId, parentId, flags = "00"] = PARENT.exec(env["TRACEPARENT"] ?? "") ?? [];
  if (traceId === undefined || parentId === undefined) {
    return { traceId: hex(TRACE_BYTES), spanId: hex(SPAN_BYTES), flags: keeps ? SAMPLED : 0 };
  }
  const state = env["TRACESTATE"] ?? "";
  return {
    ...{ traceId, spanId: hex(SPAN_BYTES), parentId, flags: Number.parseInt(flags, 16) },
    ...(state === "" || state.length > STATE_MAX ? {} : { state }),
  };
}

/** The context of a part of a span. */
export function partOf(whole: SpanContext): SpanContext {
  return { ...whole, spanId: hex(SPAN_BYTES), parentId: whole.spanId };
}

/** What the environment of a plugin says of the span that its call is. */
export function variablesOf({
  traceId,
  spanId,
  flags,
  state,
}: SpanContext): Record<string, string> {
  const parent = `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
  return { TRACEPARENT: parent, ...(state === undefined ? {} : { TRACESTATE: state }) };
}

/** Never all zero, which would be no identifier. */
function hex(bytes: number): string {
  const text = crypto.getRandomValues(new Uint8Array(bytes)).toHex();
  return /[^0]/u.test(text) ? text : hex(bytes);
}
