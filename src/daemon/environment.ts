import type { Env } from "../base/index.ts";

/** Names the socket for calls, where no option does. */
export const SOCKET_VARIABLE = "HAWSER_SOCKET";

/** Set to 1, it switches on what `--sync` does: for units, whose command line is not changed. */
export const SYNC_VARIABLE = "HAWSER_SYNC";

/**
 * In the environment of programs that a call has started. A nested call bypasses the queue, else it
 * would wait for the call that started it, and is not noted in the journal.
 */
export const NESTED_VARIABLE = "HAWSER_NESTED";

/** By it entry programs count how many of them have started one another. */
export const STARTS_VARIABLE = "HAWSER_STARTS";

/** Whether a program that was started for another call makes this one. */
export function isNested(env: Env): boolean {
  return (env[NESTED_VARIABLE] ?? "") !== "";
}
