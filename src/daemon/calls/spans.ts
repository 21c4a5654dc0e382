import { readlinkSync } from "node:fs";
import { defined } from "../../base/index.ts";
import {
  type CallTaker,
  callerOf,
  contextOf,
  Observation,
  type SpanContext,
} from "../../recording/observe/index.ts";
import type { Request } from "../accept/index.ts";

/** What is known of a call before its plugin runs. */
export interface SpanSubject {
  readonly request: Request;
  /** The process that calls; absent for a call of the daemon itself. */
  readonly pid?: number;
}

/** Keeps the calls of the daemon as spans, where anything takes them. */
export interface CallSpans {
  /** Undefined when nothing takes the call: it then costs a look at the switch. */
  begin(call: SpanSubject, waitedMs: number): Observation | undefined;
  /** Called when the call is answered. */
  readonly taker: CallTaker;
}

/** What takes the calls of the daemon. */
export interface SpanTakers {
  /** Whether calls are recorded now. */
  readonly isRecording: () => boolean;
  /** Whether spans are sent on. */
  readonly isExporting: boolean;
  readonly taker: CallTaker;
}

export function callSpans({ isRecording, isExporting, taker }: SpanTakers): CallSpans {
  return {
    taker,
    begin: (call, waitedMs) => {
      if (!isExporting && !isRecording()) return undefined;
      const { request, pid } = call;
      const caller = pid === undefined ? { pid: process.pid } : callerOf(pid);
      const context: SpanContext = contextOf(request.env, isExporting);
      return new Observation(
        {
          ...{ plugin: request.plugin, door: "daemon", caller, context, waitedMs },
          ...{ cwd: request.cwd, ...defined({ path: programOf(pid) }) },
        },
        request.env,
      );
    },
  };
}

/** The entry program, as the kernel knows it; undefined when its process has ended. */
function programOf(pid: number | undefined): string | undefined {
  try {
    return pid === undefined ? undefined : readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}
