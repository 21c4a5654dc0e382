import { defined, entryOf } from "../../base/index.ts";
import {
  type AttributeWriter,
  attributes,
  be32,
  bytes,
  cString,
  type Field,
} from "../netlink/index.ts";

const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_VERDICT_CHAIN = 2;

/** Verdict numbers (linux/netfilter.h, `enum nft_verdicts`). */
export const VerdictCode = {
  drop: 0,
  accept: 1,
  queue: 3,
  continue: -1,
  break: -2,
  jump: -3,
  goto: -4,
  return: -5,
} as const;

/** What becomes of a packet. `chain` stands with `jump` and `goto` only. */
export interface Verdict {
  readonly verdict: keyof typeof VerdictCode;
  readonly chain?: string;
}

/** Content of a register or of an element: bytes or a verdict. */
export type Data = Uint8Array | Verdict;

const codeMask = 0xff;
const names = new Map<number, keyof typeof VerdictCode>(
  (Object.keys(VerdictCode) as (keyof typeof VerdictCode)[]).map((n) => [VerdictCode[n], n]),
);

/**
 * True for a verdict, false for bytes.
 *
 * @example
 * ```ts
 * import { isVerdict } from "hawser/nftables";
 *
 * isVerdict({ verdict: "accept" }); // → true
 * isVerdict(Uint8Array.of(1)); // → false
 * ```
 */
export function isVerdict(data: Data): data is Verdict {
  return !(data instanceof Uint8Array);
}

/** Writes `NFTA_DATA_*` in the order of nft. */
export function writeData(writer: AttributeWriter, type: number, data: Data): void {
  writer.nested(type, (inner) => {
    if (!isVerdict(data)) {
      inner.bytes(NFTA_DATA_VALUE, data);
      return;
    }
    inner.nested(NFTA_DATA_VERDICT, (verdict) => {
      if (typeof data.verdict !== "string") {
        throw new RangeError("a key or a value is a Uint8Array, as Ip.bytes, or a verdict");
      }
      // What is no verdict must not become one: a drop, whose number is 0.
      const code = entryOf(VerdictCode, data.verdict, "the verdicts");
      verdict.be32(NFTA_VERDICT_CODE, code >>> 0);
      if (data.chain !== undefined) verdict.string(NFTA_VERDICT_CHAIN, data.chain);
    });
  });
}

const dataTable = attributes({
  value: bytes(NFTA_DATA_VALUE),
  verdict: bytes(NFTA_DATA_VERDICT),
});

const verdictTable = attributes({
  code: be32(NFTA_VERDICT_CODE),
  chain: cString(NFTA_VERDICT_CHAIN),
});

/** An attribute of `NFTA_DATA_*`: bytes, or a verdict that has a name here. */
export function dataField(type: number): Field<Data> {
  return {
    type,
    write: writeData,
    read: (memory, start, length) => {
      const { value, verdict } = dataTable.decode(memory.subarray(start, start + length), {});
      return value ?? (verdict && decodeVerdict(verdict));
    },
  };
}

/** The same, of bytes only. */
export function valueField(type: number): Field<Uint8Array> {
  return {
    type,
    write: writeData,
    read: (memory, start, length) =>
      dataTable.decode(memory.subarray(start, start + length), {}).value,
  };
}

/** A verdict that names its chain by a number of the transaction cannot be said here. */
function decodeVerdict(payload: Uint8Array): Verdict | undefined {
  const found: { code?: number; chain?: string } = {};
  if (!verdictTable.decodeWhole(payload, found) || found.code === undefined) return undefined;
  const verdict = verdictName(found.code | 0);
  return verdict && { verdict, ...defined({ chain: found.chain }) };
}

// The upper half of a non-negative verdict is a queue number or an errno: such a verdict is kept
// as it came, so only plain ones get a name.
function verdictName(code: number): keyof typeof VerdictCode | undefined {
  if (code >= 0 && (code & codeMask) !== code) return undefined;
  return names.get(code);
}
