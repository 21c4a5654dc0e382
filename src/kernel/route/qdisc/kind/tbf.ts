import { defined } from "../../../../base/index.ts";
import { layout } from "../../../../bytes/index.ts";
import { type AttributeWriter, attributes, struct, u32, u64 } from "../../../netlink/index.ts";

// linux/pkt_sched.h
const TCA_TBF_PARMS = 1;
const TCA_TBF_RATE64 = 4;
const TCA_TBF_PRATE64 = 5;
const TCA_TBF_BURST = 6;
const TCA_TBF_PBURST = 7;
const TC_LINKLAYER_ETHERNET = 1;

const U32_MAX = 0xffffffff;

/** A token bucket filter: `rate` bytes a second go through, and a burst of what was saved up. */
export interface TbfInfo {
  /** Bytes a second. */
  readonly rate: bigint;
  /** Bytes that may wait; what comes then is dropped. */
  readonly limit: number;
  /**
   * Size of the bucket as the time that it takes to fill, in ticks of the packet scheduler (64 ns, see
   * /proc/net/psched). What takes longer than 32 bits can say, some 274 seconds, needs `burst`; then
   * the kernel reports the lower 32 bits here. Of no matter, say 0, beside `burst`.
   */
  readonly buffer: number;
  /** Size of the bucket in bytes; the kernel takes it before `buffer`, and reports `buffer` alone. */
  readonly burst?: number | undefined;
  /** Bytes a second that are never exceeded, not even in a burst; needs `mtu` or `peakBurst`. */
  readonly peakRate?: bigint | undefined;
  /** Size of the second bucket, in ticks, for `peakRate`. */
  readonly mtu?: number | undefined;
  /** The same in bytes. */
  readonly peakBurst?: number | undefined;
}

/** struct tc_tbf_qopt of linux/pkt_sched.h, with the two struct tc_ratespec inside of it. */
interface TbfParms {
  readonly rateLayer: number;
  readonly rate: number;
  readonly peakLayer: number;
  readonly peakRate: number;
  readonly limit: number;
  readonly buffer: number;
  readonly mtu: number;
}

const tcTbfQopt = layout<TbfParms>({
  _rateCell: 1, // rate.cell_log
  rateLayer: "u8", // rate.linklayer
  _rateRest: 6, // rate.overhead, cell_align, mpu
  rate: "u32", // rate.rate
  _peakCell: 1, // peakrate.cell_log
  peakLayer: "u8", // peakrate.linklayer
  _peakRest: 6, // peakrate.overhead, cell_align, mpu
  peakRate: "u32", // peakrate.rate
  limit: "u32", // limit
  buffer: "u32", // buffer
  mtu: "u32", // mtu
});

const tbfTable = attributes({
  parms: struct(TCA_TBF_PARMS, tcTbfQopt),
  rate64: u64(TCA_TBF_RATE64),
  peakRate64: u64(TCA_TBF_PRATE64),
  burst: u32(TCA_TBF_BURST),
  peakBurst: u32(TCA_TBF_PBURST),
});

export function encodeTbf(writer: AttributeWriter, tbf: TbfInfo): void {
  const { rate, peakRate = 0n, limit, buffer, mtu = 0, burst, peakBurst } = tbf;
  // A rate that does not fit is at its most in the structure, and whole in its own attribute.
  const narrow = (value: bigint): number => (value > U32_MAX ? U32_MAX : Number(value));
  const layer = (value: bigint): number => (value === 0n ? 0 : TC_LINKLAYER_ETHERNET);
  tbfTable.encode(writer, {
    parms: {
      rateLayer: layer(rate),
      rate: narrow(rate),
      peakLayer: layer(peakRate),
      peakRate: narrow(peakRate),
      limit,
      buffer,
      mtu,
    },
    rate64: rate > U32_MAX ? rate : undefined,
    peakRate64: peakRate > U32_MAX ? peakRate : undefined,
    burst,
    peakBurst,
  });
}

export function decodeTbf(options: Uint8Array): TbfInfo | undefined {
  const { parms, rate64, peakRate64, burst, peakBurst } = tbfTable.decode(options, {});
  if (parms === undefined) return undefined;
  const { limit, buffer, mtu } = parms;
  const peakRate = peakRate64 ?? BigInt(parms.peakRate);
  return {
    rate: rate64 ?? BigInt(parms.rate),
    limit,
    buffer,
    ...(peakRate === 0n ? {} : { peakRate, mtu }),
    ...defined({ burst, peakBurst }),
  };
}
