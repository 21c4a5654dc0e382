import { sleep } from "../../../state/index.ts";

/** Waits; throws the signal's reason when that comes first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, signal);
  signal.throwIfAborted();
}

/** Waits for the first of three: the promise, the time, the signal. */
export async function untilDone(
  promise: Promise<void>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const { promise: other, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = (): void => resolve();
  signal.addEventListener("abort", abort, { once: true });
  await Promise.race([promise, other]);
  signal.removeEventListener("abort", abort);
  clearTimeout(timer);
}
