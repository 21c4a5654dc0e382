/**
 * Resolves after this many milliseconds. `node:timers/promises` does the same, but loading it costs
 * every process that does not wait.
 */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
