import { type Batch, jump, Priority } from "../../kernel/nftables/index.ts";

/** Hooks at which connections are translated; where they begin outside and on the host, and where they leave. */
export type NatHook = "prerouting" | "output" | "postrouting";

/** Behind iptables' chain of the hook, whichever was made first. */
const PRIORITY = {
  prerouting: Priority.dstnat + 1,
  output: Priority.dstnat + 1,
  postrouting: Priority.srcnat + 1,
} as const;

/** A table of ours. */
export interface OwnTable {
  readonly family: "inet";
  readonly table: string;
}

/**
 * Adds a nat chain of ours, named as its hook. What iptables has translated never comes to it, since
 * the kernel asks no further chain then; its first rule ends it for what iptables has accepted, see
 * `HostNat`.
 */
export function layNatChain(batch: Batch, place: OwnTable, hook: NatHook): void {
  batch.addChain({ ...place, name: heardChain(hook) });
  batch.addChain({ ...place, name: hook, hook: { type: "nat", hook, priority: PRIORITY[hook] } });
  batch.addRule({ ...place, chain: hook, expressions: jump(heardChain(hook)) });
}

/** The chain with the rules that say what iptables has decided. */
export function heardChain(hook: NatHook): string {
  return `heard-${hook}`;
}

/** The base chain that takes our bit from the mark, at once behind all nat chains of the hook. */
export function layUnmark(
  batch: Batch,
  place: OwnTable,
  hook: NatHook,
  rule: Parameters<Batch["addRule"]>[0]["expressions"],
): void {
  const name = unmarkChain(hook);
  batch.addChain({ ...place, name, hook: { type: "filter", hook, priority: PRIORITY[hook] } });
  batch.addRule({ ...place, chain: name, expressions: rule });
}

export function unmarkChain(hook: NatHook): string {
  return `unmark-${hook}`;
}
