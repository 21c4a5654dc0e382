/**
 * How many times longer than usual tests may take: in the kernel lab, where every instruction is
 * emulated, more than once.
 */
export const PATIENCE: number = Number(process.env["HAWSER_TEST_PATIENCE"] ?? "1");

/** A limit in milliseconds, as it is to be where this runs. */
export function patient(milliseconds: number): number {
  return milliseconds * PATIENCE;
}

/** So many seconds the storm of `tests/fleet/chaos.netns.test.ts` goes on: none is its shortest. */
export const STORM_SECONDS: number = Number(process.env["HAWSER_CHAOS_SECONDS"] ?? "0");
