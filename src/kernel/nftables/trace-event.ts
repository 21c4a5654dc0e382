import { defined } from "../../base/index.ts";
import {
  attributes,
  be32,
  be64,
  bytes,
  cString,
  listed,
  type NetlinkMessage,
  nest,
} from "../netlink/index.ts";
import type { Family } from "./family.ts";
import { familyOf, NFGENMSG_SIZE } from "./header.ts";

/** What a chain did with a packet that is traced. */
export interface TraceEvent {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /**
   * A rule matched, a chain was left at its end, or the policy of a base chain decided; `packet` only
   * tells what the packet is, where no rule of the base chain has.
   */
  readonly type: "packet" | "rule" | "return" | "policy";
  /** Of the rule, for `rule` and for `return` of a rule. */
  readonly handle?: bigint;
  /** What follows: `drop`, `accept`, `continue`, `jump`; a number where it has no name. */
  readonly verdict: string;
  /** The chain that a jump or goto leads to. */
  readonly target?: string;
  /** The same for all events of one packet at one hook; most kernels have it for all hooks of a namespace. */
  readonly packet: number;
  /** Index of the link that it came in by, or leaves by; in the first event of a base chain. */
  readonly input?: number;
  readonly output?: number;
  /** The same two headers as the chain sees them: addresses change where they are translated. */
  readonly network?: Uint8Array;
  readonly transport?: Uint8Array;
}

const NFTA_TRACE_TABLE = 1;
const NFTA_TRACE_CHAIN = 2;
const NFTA_TRACE_RULE_HANDLE = 3;
const NFTA_TRACE_TYPE = 4;
const NFTA_TRACE_VERDICT = 5;
const NFTA_TRACE_ID = 6;
const NFTA_TRACE_NETWORK_HEADER = 8;
const NFTA_TRACE_TRANSPORT_HEADER = 9;
const NFTA_TRACE_IIF = 10;
const NFTA_TRACE_OIF = 12;
const NFTA_TRACE_POLICY = 16;

const NFTA_VERDICT_CODE = 1;
const NFTA_VERDICT_CHAIN = 2;

/** `enum nft_trace_types`, whose first number stands for nothing. */
const types = ["unspec", "policy", "return", "rule"] as const;

/** Of the packet's end and of its way through rules (`NF_*` and `enum nft_verdicts`). */
const VERDICTS: ReadonlyMap<number, string> = new Map([
  [0, "drop"],
  [1, "accept"],
  [2, "stolen"],
  [3, "queue"],
  [4, "repeat"],
  [-1, "continue"],
  [-2, "break"],
  [-3, "jump"],
  [-4, "goto"],
  [-5, "return"],
]);

/** The upper half of a verdict that is none of rules: an error number, or that of a queue. */
const VERDICT_MASK = 0xff;

const verdictTable = attributes({
  code: be32(NFTA_VERDICT_CODE),
  chain: cString(NFTA_VERDICT_CHAIN),
});

const traceTable = attributes({
  table: cString(NFTA_TRACE_TABLE),
  chain: cString(NFTA_TRACE_CHAIN),
  handle: be64(NFTA_TRACE_RULE_HANDLE),
  type: listed(be32(NFTA_TRACE_TYPE), types),
  verdict: nest(NFTA_TRACE_VERDICT, verdictTable),
  packet: be32(NFTA_TRACE_ID),
  network: bytes(NFTA_TRACE_NETWORK_HEADER),
  transport: bytes(NFTA_TRACE_TRANSPORT_HEADER),
  input: be32(NFTA_TRACE_IIF),
  output: be32(NFTA_TRACE_OIF),
  policy: be32(NFTA_TRACE_POLICY),
});

/** Decodes `NFT_MSG_TRACE`; undefined for an event that says nothing of a chain. */
export function decodeTrace({ payload }: NetlinkMessage): TraceEvent | undefined {
  const found = traceTable.decode(payload, {}, NFGENMSG_SIZE);
  const { table, chain, type, verdict, policy, packet = 0 } = found;
  if (table === undefined || chain === undefined) return undefined;
  if (type === undefined || type === "unspec") return undefined;
  const { handle, input, output, network, transport } = found;
  const code = type === "policy" ? policy : verdict?.code;
  return {
    ...{ family: familyOf(payload), table, chain, packet },
    type: type === "rule" && handle === undefined ? "packet" : type,
    verdict: code === undefined ? "continue" : verdictText(code | 0),
    ...defined({ handle, target: verdict?.chain, input, output, network, transport }),
  };
}

function verdictText(code: number): string {
  const plain = code < 0 ? code : code & VERDICT_MASK;
  return VERDICTS.get(plain) ?? String(code);
}
