import type { Attributes, AttributeWriter } from "../netlink/index.ts";

const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_VERDICT_CHAIN = 2;
const NFTA_VERDICT_CHAIN_ID = 3;

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

/** True for a verdict, false for bytes. */
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
      verdict.be32(NFTA_VERDICT_CODE, VerdictCode[data.verdict] >>> 0);
      if (data.chain !== undefined) verdict.string(NFTA_VERDICT_CHAIN, data.chain);
    });
  });
}

/** Reads `NFTA_DATA_*`; undefined when absent or of a kind that has no name here. */
export function readData(attributes: Attributes, type: number): Data | undefined {
  const data = attributes.nested(type);
  const value = data?.bytes(NFTA_DATA_VALUE);
  if (value !== undefined) return value;
  const verdict = data?.nested(NFTA_DATA_VERDICT);
  const code = verdict?.be32(NFTA_VERDICT_CODE);
  if (verdict === undefined || code === undefined) return undefined;
  if (verdict.get(NFTA_VERDICT_CHAIN_ID) !== undefined) return undefined;
  const name = verdictName(code | 0);
  const chain = verdict.string(NFTA_VERDICT_CHAIN);
  if (name === undefined) return undefined;
  return chain === undefined ? { verdict: name } : { verdict: name, chain };
}

/** Reads bytes only; undefined for a verdict. */
export function readValue(attributes: Attributes, type: number): Uint8Array | undefined {
  return attributes.nested(type)?.bytes(NFTA_DATA_VALUE);
}

// The upper half of a non-negative verdict is a queue number or an errno: such a verdict is kept
// as it came, so only plain ones get a name.
function verdictName(code: number): keyof typeof VerdictCode | undefined {
  if (code >= 0 && (code & codeMask) !== code) return undefined;
  return names.get(code);
}
