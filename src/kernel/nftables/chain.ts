import { defined } from "../../base/index.ts";
import {
  attributes,
  be32,
  be64,
  cString,
  listed,
  mapped,
  type NetlinkMessage,
  nest,
} from "../netlink/index.ts";
import type { Family } from "./family.ts";
import { familyOf, NFGENMSG_SIZE, nfWriter } from "./header.ts";
import { commentField } from "./userdata.ts";

/** Names a chain. */
export interface ChainId {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
}

/** Where in the packet's way a base chain hangs. */
export interface ChainHook {
  readonly type: "filter" | "nat" | "route";
  readonly hook: HookName;
  /** Order among the chains of a hook: lower runs first. See `Priority`. */
  readonly priority: number;
  /** What becomes of a packet that reaches the end; the kernel's own default is accept. */
  readonly policy?: "accept" | "drop";
}

/** A chain to make; without `hook` it is regular: reached by jump and goto only. */
export interface ChainSpec extends ChainId {
  readonly hook?: ChainHook;
  readonly comment?: string;
}

/** A chain of the kernel. */
export interface Chain extends ChainSpec {
  readonly handle: bigint;
  /** How many rules it holds and how many point at it. */
  readonly use: number;
}

/** Hooks of the families ip, ip6, inet and bridge (`enum nf_inet_hooks`). */
const hookNumbers = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** Name of a hook. */
export type HookName = keyof typeof hookNumbers;

const hookNames = Object.keys(hookNumbers) as HookName[];

/** Priorities that have names in nft (linux/netfilter_ipv4.h). */
export const Priority = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
} as const;

const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_HANDLE = 2;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_USE = 6;
const NFTA_CHAIN_TYPE = 7;
const NFTA_CHAIN_USERDATA = 12;

const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;

const policies = ["drop", "accept"] as const;

const hookTable = attributes({
  hook: listed(be32(NFTA_HOOK_HOOKNUM), hookNames),
  priority: mapped<number, number>(
    be32(NFTA_HOOK_PRIORITY),
    unsigned,
    (priority) => priority | 0, // a signed number
  ),
});

/** The same bits; what is no such number, as `"srcnat"` from a program without types, must not become 0. */
function unsigned(priority: number): number {
  if ((priority | 0) === priority) return priority >>> 0;
  throw new RangeError(`${JSON.stringify(priority)} is no priority of a chain: see Priority`);
}

const chainTable = attributes({
  table: cString(NFTA_CHAIN_TABLE),
  name: cString(NFTA_CHAIN_NAME),
  type: cString(NFTA_CHAIN_TYPE),
  policy: listed(be32(NFTA_CHAIN_POLICY), policies),
  hook: nest(NFTA_CHAIN_HOOK, hookTable),
  comment: commentField(NFTA_CHAIN_USERDATA),
  handle: be64(NFTA_CHAIN_HANDLE),
  use: be32(NFTA_CHAIN_USE),
});

/** Payload of `NFT_MSG_NEWCHAIN`. */
export function encodeChain({ family, table, name, hook, comment }: ChainSpec): Uint8Array {
  const writer = nfWriter(family);
  const { type, policy } = hook ?? {};
  chainTable.encode(writer, { table, name, type, policy, hook, comment });
  return writer.finish();
}

/** Payload that names a chain, for get and delete. */
export function encodeChainId({ family, table, name }: ChainId): Uint8Array {
  const writer = nfWriter(family);
  chainTable.encode(writer, { table, name });
  return writer.finish();
}

/** Decodes `NFT_MSG_NEWCHAIN` of the kernel. */
export function decodeChain({ payload }: NetlinkMessage): Chain {
  const nothing = { table: "", name: "", handle: 0n, use: 0 };
  const found = chainTable.decode(payload, nothing, NFGENMSG_SIZE);
  const { table, name, handle, use, comment } = found;
  const hook = hookOf(found);
  return { family: familyOf(payload), table, name, handle, use, ...defined({ hook, comment }) };
}

// A hook of another family's numbering (netdev's ingress) has no name here: the chain then shows
// as one without, which no caller of ours would take for a base chain that it made.
function hookOf({
  type,
  policy,
  hook: nested,
}: ReturnType<typeof chainTable.decode>): ChainHook | undefined {
  const { hook, priority } = nested ?? {};
  if (hook === undefined || priority === undefined || !isType(type)) return undefined;
  return { type, hook, priority, ...defined({ policy }) };
}

function isType(type: string | undefined): type is ChainHook["type"] {
  return type === "filter" || type === "nat" || type === "route";
}
