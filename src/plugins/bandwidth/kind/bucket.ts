import { errorText } from "../../../base/index.ts";
import { qdisc } from "../../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";

/** How much may go through in one direction. */
export interface Limit {
  /** Bits a second. */
  readonly rate: bigint;
  /** Bits that may go through at once after a pause. */
  readonly burst: bigint;
  /** How long a packet may wait, in milliseconds; what would wait longer is dropped. */
  readonly latency: number;
}

/** How long a packet may wait unless the configuration says otherwise, in milliseconds. */
export const DEFAULT_LATENCY = 25;

const U32_MAX = 0xffffffff;
const MICROSECONDS = 1e6;

// The same for as long as any process lives.
let clock: qdisc.Psched | undefined;

/** The clock of the packet scheduler. */
export function psched(): qdisc.Psched {
  try {
    clock ??= qdisc.readPsched();
    return clock;
  } catch (cause) {
    const msg = `the clock of the packet scheduler: ${errorText(cause)}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause });
  }
}

/**
 * The token bucket of a limit. Times and sizes are cut to whole microseconds, ticks and bytes at the
 * same places as in the reference plugin, whose CHECK compares them exactly.
 */
export function bucketOf(limit: Limit, { ticksPerMicrosecond }: qdisc.Psched): qdisc.TbfInfo {
  const rate = limit.rate / 8n;
  const burst = Number(limit.burst / 8n);
  const waiting = (Number(rate) * MICROSECONDS * (limit.latency / 1000)) / MICROSECONDS;
  const filling = Math.trunc((burst * MICROSECONDS) / Number(rate));
  const buffer = Math.trunc(filling * ticksPerMicrosecond);
  // In ticks a bucket that fills in no time, or in more than some minutes, cannot be said.
  const inTicks = buffer > 0 && buffer <= U32_MAX;
  return {
    rate,
    limit: Math.min(Math.trunc(waiting) + burst, U32_MAX),
    buffer: lower32(buffer),
    ...(inTicks ? {} : { burst }),
  };
}

/** The limit as people read it. */
export function limitText({ rate, burst, latency }: Limit): string {
  const queue = latency === DEFAULT_LATENCY ? "" : `, ${latency} ms of waiting`;
  return `${rate} bit/s, bursts of ${burst} bits${queue}`;
}

/** In what a bucket of the kernel differs from the wanted one; undefined when it does not. */
export function bucketDifference(
  wanted: qdisc.TbfInfo,
  found: qdisc.TbfInfo,
  psched: qdisc.Psched,
): string | undefined {
  if (found.rate !== wanted.rate) {
    return `lets ${found.rate * 8n} bit/s through, should be ${wanted.rate * 8n}`;
  }
  if (!isSameTime(found.buffer, wanted)) {
    const bytes = (ticks: number): number =>
      Math.round((ticks / psched.ticksPerMicrosecond / MICROSECONDS) * Number(wanted.rate));
    return `has bursts of ${bytes(found.buffer)} bytes, should be ${wanted.burst ?? bytes(wanted.buffer)}`;
  }
  if (found.limit !== wanted.limit) {
    return `lets ${found.limit} bytes wait, should be ${wanted.limit}`;
  }
  return undefined;
}

/** A burst in bytes comes back from the kernel as ticks that it has rounded itself. */
function isSameTime(found: number, wanted: qdisc.TbfInfo): boolean {
  if (wanted.burst === undefined) return found === wanted.buffer;
  if (wanted.rate === 0n) return false;
  const nanoseconds = (BigInt(wanted.burst) * 1_000_000_000n) / wanted.rate;
  const exact = Number(BigInt.asUintN(32, nanoseconds / NANOSECONDS_PER_TICK));
  const distance = Math.abs(found - exact);
  // The kernel divides by a multiplication of 32 bits.
  return Math.min(distance, U32_MAX - distance) <= 1 + Number(nanoseconds >> 30n);
}

/** PSCHED_SHIFT of net/pkt_sched.h is 6. */
const NANOSECONDS_PER_TICK = 64n;

function lower32(value: number): number {
  return Number(BigInt.asUintN(32, BigInt(value)));
}
