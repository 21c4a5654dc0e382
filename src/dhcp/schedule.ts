import type { LeaseTimes } from "./lease.ts";

const FAST_RETRIES = 4;
const FAST_MS = 2000;
const FIRST_SLOW_MS = 4000;
const JITTER_MS = 1000;

/**
 * How long to wait for an answer before a message is sent again: four times 2 s, then 4 s, doubled
 * up to `maxMs`; each up to a second more or less, so that many clients do not ask together.
 * @param random Gives numbers from 0 to 1, as Math.random.
 */
export function* resendDelays(maxMs: number, random: () => number): Generator<number, never> {
  const spread = (ms: number): number => Math.max(0, ms + (random() * 2 - 1) * JITTER_MS);
  for (let fast = 0; fast < FAST_RETRIES; fast++) yield Math.min(spread(FAST_MS), maxMs);
  for (let ms = FIRST_SLOW_MS; ; ms = Math.min(ms * 2, maxMs)) yield Math.min(spread(ms), maxMs);
}

/** What a lease needs next, and when. */
export interface Due {
  readonly what: "renew" | "rebind" | "expire";
  /** On the clock that `grantedAt` is of, in milliseconds; Infinity for a lease without an end. */
  readonly at: number;
}

/** The longest pause between two attempts is half of what is left; the shortest is this. */
const MIN_PAUSE_MS = 60_000;
/** … unless the whole lease is so short that there would be but one attempt. */
const MIN_PAUSE_PART = 1 / 20;

/**
 * What is due next (RFC 2131, 4.4.5).
 * @param grantedAt When the request was sent that the grant answered.
 * @param lastTry When it was last tried in vain; undefined before the first attempt.
 */
export function nextDue(times: LeaseTimes, grantedAt: number, lastTry?: number): Due {
  const renewAt = grantedAt + times.renewMs;
  const rebindAt = grantedAt + times.rebindMs;
  const expiryAt = grantedAt + times.expiryMs;
  if (lastTry === undefined || lastTry < renewAt) return { what: "renew", at: renewAt };
  const shortest = Math.min(MIN_PAUSE_MS, times.expiryMs * MIN_PAUSE_PART);
  const next = (end: number): number => lastTry + Math.max((end - lastTry) / 2, shortest);
  if (lastTry < rebindAt) {
    const at = next(rebindAt);
    return at < rebindAt ? { what: "renew", at } : { what: "rebind", at: rebindAt };
  }
  const at = next(expiryAt);
  return at < expiryAt ? { what: "rebind", at } : { what: "expire", at: expiryAt };
}
