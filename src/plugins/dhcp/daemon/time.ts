import { readFileSync } from "node:fs";

/**
 * Milliseconds since the boot, as CLOCK_BOOTTIME: the clock goes on while the machine is suspended,
 * does not jump when the date is set, and means the same to a daemon that is started anew.
 */
export function sinceBoot(): number {
  const [seconds = ""] = readFileSync("/proc/uptime", "utf8").split(" ");
  return Number(seconds) * 1000;
}

/** Waits; throws the signal's reason when that comes first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await untilDone(new Promise<void>(() => undefined), ms, signal);
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
