import type { JsonSource } from "../../spec/index.ts";
import type { CallSpan } from "./span.ts";

/** The way by which a plugin was reached. */
export type Door = "executable" | "in process" | "daemon";

/** A call that has ended, with all that went into it. */
export interface EndedCall {
  readonly span: CallSpan;
  readonly door: Door;
  /** The process that made the call, as far as it is known. */
  readonly caller: Caller;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Undefined where the plugin has not read it, or it is no text. */
  readonly stdin: () => JsonSource | undefined;
  /** Milliseconds before the work began. */
  readonly waitedMs?: number;
  /** The caller has hung up meanwhile. */
  readonly abandoned?: boolean;
}

/** A hint for people: a process calls itself what it likes. */
export interface Caller {
  readonly pid: number;
  /** The command name of the process that started it, such as `containerd`. */
  readonly runtime?: string;
}

/** Takes calls that have ended. Never throws, and holds nothing up. */
export interface CallTaker {
  take(call: EndedCall): void;
}
