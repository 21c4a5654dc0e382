import type { PlanStep, Standing as Verdict } from "../plugin/index.ts";

/** How what a piece wants stands to what there is, before an ADD. */
export interface Standing {
  /** What would be refused is thrown, as the ADD would throw it. */
  readonly standing: Extract<Verdict, "made" | "kept" | "changed" | "unknown">;
  /** What there is now, in a line for people. */
  readonly now?: string;
  /** In place of the piece's own description. */
  readonly text?: string;
  /** Steps of a delegate, which stand behind the piece's own. */
  readonly delegated?: readonly PlanStep[];
}

/** What a DEL or a GC would do with something that it finds. */
export interface Finding {
  /** The plugin that would do it, where that is a delegate. */
  readonly plugin?: string;
  /** In place of the kind's name. */
  readonly step?: string;
  readonly standing: Extract<Verdict, "kept" | "changed" | "removed" | "unknown">;
  /** What it is, in a line for people; the same whether DEL finds it or GC. */
  readonly text: string;
  /** Why it is kept, or what it becomes. */
  readonly now?: string;
}

/**
 * It is not there yet.
 *
 * @example
 * ```ts
 * import { made } from "hawser/state";
 *
 * made("there is none"); // → { standing: "made", now: "there is none" }
 * ```
 */
export function made(now?: string): Standing {
  return now === undefined ? { standing: "made" } : { standing: "made", now };
}

/**
 * It is there, and stays as it is.
 *
 * @example
 * ```ts
 * import { stays } from "hawser/state";
 *
 * stays(); // → { standing: "kept" }
 * ```
 */
export function stays(now?: string): Standing {
  return now === undefined ? { standing: "kept" } : { standing: "kept", now };
}

/** It is there, and gets another value. */
export function changed(now: string): Standing {
  return { standing: "changed", now };
}

/**
 * It would go.
 *
 * @example
 * ```ts
 * import { removed } from "hawser/state";
 *
 * removed("veth1 of web-1"); // → { standing: "removed", text: "veth1 of web-1" }
 * ```
 */
export function removed(text: string): Finding {
  return { standing: "removed", text };
}

/**
 * It would stay, with another value.
 *
 * @example
 * ```ts
 * import { restored } from "hawser/state";
 *
 * restored("net.core.somaxconn"); // → { standing: "changed", text: "net.core.somaxconn" }
 * ```
 */
export function restored(text: string): Finding {
  return { standing: "changed", text };
}

/** It would stay, for this reason. */
export function spared(text: string, now: string): Finding {
  return { standing: "kept", text, now };
}
