import { readFileSync } from "node:fs";

/** The clock of the packet scheduler. */
export interface Psched {
  /** Ticks in a microsecond; 15.625 wherever the kernel is newer than 2.6.31. */
  readonly ticksPerMicrosecond: number;
}

const PATH = "/proc/net/psched";

/** Reads the clock of the running kernel. */
export function readPsched(): Psched {
  return parsePsched(readFileSync(PATH, "utf8"));
}

/**
 * Reads the text of /proc/net/psched: four hexadecimal numbers, of which the first two are the
 * length of a microsecond and of a tick in nanoseconds, the third the resolution in hertz.
 */
export function parsePsched(text: string): Psched {
  const [microsecond, tick, resolution] = text
    .trim()
    .split(/\s+/u)
    .map((word) => (/^[0-9a-f]{1,8}$/iu.test(word) ? Number.parseInt(word, 16) : Number.NaN));
  // Kernels that report a resolution of nanoseconds have ticks of their own length.
  const length = resolution === 1_000_000_000 ? tick : microsecond;
  const factor = (resolution ?? Number.NaN) / 1_000_000;
  const ticksPerMicrosecond = ((length ?? Number.NaN) / (tick ?? Number.NaN)) * factor;
  if (!(ticksPerMicrosecond > 0 && Number.isFinite(ticksPerMicrosecond))) {
    throw new RangeError(`${PATH} is not understood: ${JSON.stringify(text.slice(0, 80))}`);
  }
  return { ticksPerMicrosecond };
}
