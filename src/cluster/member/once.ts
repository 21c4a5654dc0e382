import type { Need } from "../../fleet/index.ts";
import { type ClusterConfig, pathsOf } from "../config/index.ts";
import { notedFacts } from "../node/index.ts";
import { openStore } from "../store/index.ts";
import { makeMember } from "./make.ts";

export interface OnceOptions {
  readonly cluster: ClusterConfig;
  readonly needs: readonly Need[];
  /** Of this program. */
  readonly version: string;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * One round of a network's member in a plugin's process, which has the member's lock.
 * @throws StoreError; CniError where this node may not take part
 */
export async function memberOnce(options: OnceOptions): Promise<void> {
  const { cluster, needs, version, log, signal } = options;
  await using store = await openStore(cluster.store);
  const { member } = await makeMember({
    ...{ cluster, store, signal },
    facts: () => notedFacts(pathsOf(cluster.place), version),
    report: ({ text, isTrouble }) => {
      if (isTrouble) log(text);
    },
  });
  await member.once(needs, signal);
}
