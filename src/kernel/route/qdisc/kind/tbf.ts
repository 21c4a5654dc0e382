import { ByteReader, type ByteWriter } from "../../../../bytes/index.ts";
import type { Attributes, AttributeWriter } from "../../../netlink/index.ts";
import { present } from "../../present.ts";

// linux/pkt_sched.h
export const TCA_TBF_PARMS = 1;
export const TCA_TBF_RATE64 = 4;
export const TCA_TBF_PRATE64 = 5;
export const TCA_TBF_BURST = 6;
export const TCA_TBF_PBURST = 7;
export const TC_LINKLAYER_ETHERNET = 1;

const U32_MAX = 0xffffffff;

/** A token bucket filter: `rate` bytes a second go through, and a burst of what was saved up. */
export interface TbfInfo {
  /** Bytes a second. */
  readonly rate: bigint;
  /** Bytes that may wait; what comes then is dropped. */
  readonly limit: number;
  /**
   * Size of the bucket as the time that it takes to fill, in ticks of the packet scheduler (see
   * `readPsched`). What takes longer than 32 bits can say, some 274 seconds, needs `burst`; then
   * the kernel tells the lower 32 bits here.
   */
  readonly buffer: number;
  /** Size of the bucket in bytes; the kernel takes it before `buffer`, and tells `buffer` alone. */
  readonly burst?: number | undefined;
  /** Bytes a second that are never exceeded, not even in a burst; needs `mtu` or `peakBurst`. */
  readonly peakRate?: bigint | undefined;
  /** Size of the second bucket, in ticks, for `peakRate`. */
  readonly mtu?: number | undefined;
  /** The same in bytes. */
  readonly peakBurst?: number | undefined;
}

export function encodeTbf(writer: AttributeWriter, tbf: TbfInfo): void {
  const peak = tbf.peakRate ?? 0n;
  // struct tc_tbf_qopt
  writer.struct(TCA_TBF_PARMS, (parms) => {
    encodeRate(parms, tbf.rate); // rate
    encodeRate(parms, peak); // peakrate
    parms.u32(tbf.limit); // limit
    parms.u32(tbf.buffer); // buffer
    parms.u32(tbf.mtu ?? 0); // mtu
  });
  if (tbf.rate > U32_MAX) {
    writer.u64(TCA_TBF_RATE64, tbf.rate);
  }
  if (peak > U32_MAX) {
    writer.u64(TCA_TBF_PRATE64, peak);
  }
  if (tbf.burst !== undefined) {
    writer.u32(TCA_TBF_BURST, tbf.burst);
  }
  if (tbf.peakBurst !== undefined) {
    writer.u32(TCA_TBF_PBURST, tbf.peakBurst);
  }
}

export function decodeTbf(data: Attributes): TbfInfo | undefined {
  const parms = data.bytes(TCA_TBF_PARMS);
  if (parms === undefined) {
    return undefined;
  }
  const reader = new ByteReader(parms);
  const rate = decodeRate(reader); // rate
  const peak = decodeRate(reader); // peakrate
  const limit = reader.u32(); // limit
  const buffer = reader.u32(); // buffer
  const mtu = reader.u32(); // mtu
  const peakRate = data.u64(TCA_TBF_PRATE64) ?? BigInt(peak);
  return {
    rate: data.u64(TCA_TBF_RATE64) ?? BigInt(rate),
    limit,
    buffer,
    ...present("burst", data.u32(TCA_TBF_BURST)),
    ...(peakRate === 0n ? {} : { peakRate, mtu }),
    ...present("peakBurst", data.u32(TCA_TBF_PBURST)),
  };
}

/** struct tc_ratespec. A rate that does not fit is at its most here, and whole in its own attribute. */
function encodeRate(writer: ByteWriter, rate: bigint): void {
  writer
    .u8(0) // cell_log
    .u8(rate === 0n ? 0 : TC_LINKLAYER_ETHERNET) // linklayer
    .zero(6) // overhead, cell_align, mpu
    .u32(rate > U32_MAX ? U32_MAX : Number(rate)); // rate
}

function decodeRate(reader: ByteReader): number {
  reader.skip(8); // cell_log, linklayer, overhead, cell_align, mpu
  return reader.u32(); // rate
}
