import { defined } from "../../base/index.ts";
import type { Attributes, AttributeWriter, NetlinkMessage } from "../netlink/index.ts";
import type { Family } from "./family.ts";
import { nfWriter, parseNf } from "./header.ts";
import { decodeComment, encodeComment } from "./userdata.ts";

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
  /** Order among the chains of a hook: lower runs first. See {@link Priority}. */
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

/** Payload of `NFT_MSG_NEWCHAIN`. */
export function encodeChain(chain: ChainSpec): Uint8Array {
  const writer = chainWriter(chain);
  if (chain.hook !== undefined) writeHook(writer, chain.hook);
  if (chain.comment !== undefined) writer.bytes(NFTA_CHAIN_USERDATA, encodeComment(chain.comment));
  return writer.finish();
}

/** Payload that names a chain, for get and delete. */
export function encodeChainId(chain: ChainId): Uint8Array {
  return chainWriter(chain).finish();
}

/** Decodes `NFT_MSG_NEWCHAIN` of the kernel. */
export function decodeChain(message: NetlinkMessage): Chain {
  const { family, attributes } = parseNf(message.payload);
  const hook = readHook(attributes);
  const comment = decodeComment(attributes.bytes(NFTA_CHAIN_USERDATA));
  return {
    family,
    table: attributes.string(NFTA_CHAIN_TABLE) ?? "",
    name: attributes.string(NFTA_CHAIN_NAME) ?? "",
    handle: attributes.be64(NFTA_CHAIN_HANDLE) ?? 0n,
    use: attributes.be32(NFTA_CHAIN_USE) ?? 0,
    ...defined({ hook, comment }),
  };
}

function chainWriter(chain: ChainId): AttributeWriter {
  const writer = nfWriter(chain.family).string(NFTA_CHAIN_TABLE, chain.table);
  return writer.string(NFTA_CHAIN_NAME, chain.name);
}

function writeHook(writer: AttributeWriter, hook: ChainHook): void {
  writer.string(NFTA_CHAIN_TYPE, hook.type);
  if (hook.policy !== undefined) writer.be32(NFTA_CHAIN_POLICY, policies.indexOf(hook.policy));
  writer.nested(NFTA_CHAIN_HOOK, (inner) => {
    inner.be32(NFTA_HOOK_HOOKNUM, hookNumbers[hook.hook]);
    inner.be32(NFTA_HOOK_PRIORITY, hook.priority >>> 0); // a signed number
  });
}

// A hook of another family's numbering (netdev's ingress) has no name here: the chain then shows
// as one without, which no caller of ours would take for a base chain that it made.
function readHook(attributes: Attributes): ChainHook | undefined {
  const nest = attributes.nested(NFTA_CHAIN_HOOK);
  const hook = hookNames[nest?.be32(NFTA_HOOK_HOOKNUM) ?? -1];
  const priority = nest?.be32(NFTA_HOOK_PRIORITY);
  const type = attributes.string(NFTA_CHAIN_TYPE);
  const policy = policies[attributes.be32(NFTA_CHAIN_POLICY) ?? -1];
  if (hook === undefined || priority === undefined || !isType(type)) return undefined;
  const base = { type, hook, priority: priority | 0 };
  return policy === undefined ? base : { ...base, policy };
}

function isType(type: string | undefined): type is ChainHook["type"] {
  return type === "filter" || type === "nat" || type === "route";
}
