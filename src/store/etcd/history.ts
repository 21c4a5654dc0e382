import { type Revision, StoreError } from "../index.ts";
import type { ResponseHeader } from "./messages/etcd.ts";

/** What etcd has said of itself, against which each answer is held. */
export class History {
  #cluster: bigint | undefined;
  #revision: Revision = 0n;

  /** The highest revision so far: an answer to what is asked from now on may not be lower. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Takes an answer as it is: what comes later is held against this one. */
  begin(header: ResponseHeader): void {
    this.#cluster = header.clusterId;
    this.#revision = header.revision;
  }

  /**
   * @param floor the highest revision when the question was asked; undefined where a member may be behind
   * @throws StoreError "wrong answer" for another cluster, and for a revision that went back
   */
  check(header: ResponseHeader | undefined, endpoint: string, floor?: Revision): Revision {
    if (header === undefined) throw wrong(`${endpoint} gave an answer without its header`);
    const { clusterId, revision } = header;
    this.#cluster ??= clusterId;
    if (clusterId !== this.#cluster) {
      throw wrong(
        `${endpoint} belongs to the etcd cluster ${clusterId.toString(16)}, and answers before came from ` +
          `${this.#cluster.toString(16)}: do all endpoints name members of one cluster, and was it set up anew?`,
      );
    }
    if (floor !== undefined && revision < floor) {
      throw wrong(
        `${endpoint} is at revision ${revision}, and has answered with ${floor} before: ` +
          "was etcd restored from a backup?",
      );
    }
    if (revision > this.#revision && floor !== undefined) this.#revision = revision;
    return revision;
  }
}

function wrong(message: string): StoreError {
  return new StoreError("wrong answer", message);
}
