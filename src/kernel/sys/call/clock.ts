import { KernelError } from "./error.ts";
import { lastErrno, libc } from "./library.ts";

// time.h: counts from the start of the machine, the time in which it slept included.
const CLOCK_BOOTTIME = 7;
const MS_PER_SECOND = 1000;
const NS_PER_MS = 1_000_000;

/** clock_gettime(2) of CLOCK_BOOTTIME, in milliseconds: no clock setting moves it. */
export function boottimeMs(): number {
  // struct timespec: seconds, then nanoseconds.
  const time = new BigInt64Array(2);
  if (libc().clock_gettime(CLOCK_BOOTTIME, time) === -1) {
    throw new KernelError("clock_gettime", lastErrno());
  }
  return Number(time[0]) * MS_PER_SECOND + Number(time[1]) / NS_PER_MS;
}
