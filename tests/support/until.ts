import { patient } from "./patience.ts";

const PAUSE_MS = 20;
const TIMEOUT_MS = 15_000;

/**
 * Waits until something is so; where everything takes longer, the time is longer too.
 * @throws Error with what was wanted, or with what is said of it in the end, when the time is over
 */
export async function until(
  what: string | (() => string),
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number = TIMEOUT_MS,
): Promise<void> {
  const end = performance.now() + patient(timeoutMs);
  while (!(await isSo())) {
    if (performance.now() > end) {
      const wanted = typeof what === "string" ? what : what();
      throw new Error(`in ${timeoutMs} ms it did not happen: ${wanted}`);
    }
    await Bun.sleep(PAUSE_MS);
  }
}
