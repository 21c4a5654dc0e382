import { be32 } from "../../netlink/index.ts";
import { type ExpressionTable, expression } from "./codec.ts";

/** What a route lookup gives (`enum nft_fib_result`). */
export const FibResult = { OIF: 1, OIFNAME: 2, ADDRTYPE: 3 } as const;

/** What it is asked with (`enum nft_fib_flags`). */
export const FibFlag = { SADDR: 1, DADDR: 2, MARK: 4, IIF: 8, OIF: 16, PRESENT: 32 } as const;

/** Kind of an address in the host's eyes, `RTN_LOCAL` (linux/rtnetlink.h). */
export const RTN_LOCAL = 2;

/** Asks the routing tables about the packet. */
export interface Fib {
  readonly kind: "fib";
  /** One of `FibResult`. */
  readonly result: number;
  /** Bits of `FibFlag`. */
  readonly flags: number;
  readonly dreg: number;
}

const DREG = 1;
const RESULT = 2;
const FLAGS = 3;

export const fib: ExpressionTable<Fib> = expression<Fib>({
  flags: be32(FLAGS),
  result: be32(RESULT),
  dreg: be32(DREG),
});
