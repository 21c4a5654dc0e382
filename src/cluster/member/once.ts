import { type Need, Refused } from "../../fleet/index.ts";
import { type CniError, invalidConfig } from "../../spec/index.ts";
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
 * @throws StoreError; CniError where this node may not take part, of code 7 where its configuration is another
 * than the fleet's
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
  try {
    await member.once(needs, signal);
  } catch (error) {
    if (!(error instanceof Refused) || !error.isOfConfiguration) throw error;
    throw otherConfiguration(error.message);
  }
}

/** The error of an ADD whose configuration is not the fleet's. */
export function otherConfiguration(reason: string): CniError {
  return invalidConfig(reason, "every node of a fleet has the same file");
}
