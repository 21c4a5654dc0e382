import { type Stats, statSync } from "node:fs";
import { errnoName } from "../../base/index.ts";
import {
  isOwnPath,
  leadsTo,
  livingByNumber,
  type NetnsIdentity,
} from "../../kernel/netns/index.ts";

/**
 * What became of a namespace: it lives; it is gone; its path leads to another one; or nothing is known,
 * since no path was noted or this caller may not look.
 */
export type NetnsState = "alive" | "gone" | "replaced" | "unknown";

/**
 * How far looks go. "numbers" compares those of files, which the kernel gives again, and times, which an
 * administrator may set; "cookies" enters the namespace, and is a proof.
 */
export type NetnsProof = "numbers" | "cookies";

/** Any namespace of the kind, to know by its device what is one. */
const OWN = "/proc/self/ns/net";

/** Looks for namespaces; what all of them cost is paid once, and only where a path has failed. */
export class NetnsLooks {
  readonly #proof: NetnsProof;
  readonly #device: number | undefined;
  /** By paths: containers of a pod share one. */
  readonly #statuses = new Map<string, Status | "refused" | undefined>();
  #living: ReadonlyMap<bigint, readonly string[]> | undefined;

  constructor(proof: NetnsProof) {
    this.#proof = proof;
    const own = statusOf(OWN);
    this.#device = own === "refused" ? undefined : own?.dev;
  }

  /**
   * @param path as the ADD was given it; "" where it is not noted
   * @param attachedAt when the ADD began, or was over, in milliseconds since 1970, where that is known
   * @param identityOf reads what was noted of the namespace
   */
  stateOf(
    path: string,
    attachedAt: number | undefined,
    identityOf: () => NetnsIdentity | undefined,
  ): NetnsState {
    const status = path === "" || isOwnPath(path) ? undefined : this.#statusOf(path);
    if (status === "refused") return "unknown";
    const isNetns = status !== undefined && status.dev === this.#device;
    // What was there before that is what the ADD was given: a note has no more to tell.
    if (isNetns && this.#proof === "numbers" && status.ctimeMs < (attachedAt ?? 0)) return "alive";
    const identity = identityOf();
    if (identity === undefined) return this.#without(path, isNetns);
    if (isNetns && this.#isIt(path, status, identity)) return "alive";
    const elsewhere = this.#pathsOf(identity.ino).some((each) => {
      return this.#proof === "numbers" || leadsTo(each, identity);
    });
    if (elsewhere) return "alive";
    return isNetns ? "replaced" : "gone";
  }

  #statusOf(path: string): Status | "refused" | undefined {
    const known = this.#statuses.get(path);
    if (known !== undefined || this.#statuses.has(path)) return known;
    const status = statusOf(path);
    this.#statuses.set(path, status);
    return status;
  }

  /** By the path alone. */
  #without(path: string, isNetns: boolean): NetnsState {
    if (path === "" || isOwnPath(path)) return "unknown";
    return isNetns ? "alive" : "gone";
  }

  #isIt(path: string, status: Status, identity: NetnsIdentity): boolean {
    if (this.#proof === "cookies") return leadsTo(path, identity);
    return status.ino === Number(identity.ino) && status.dev === Number(identity.dev);
  }

  #pathsOf(ino: bigint): readonly string[] {
    this.#living ??= livingByNumber();
    return this.#living.get(ino) ?? [];
  }
}

type Status = Pick<Stats, "dev" | "ino" | "ctimeMs">;

/** Undefined where nothing is. */
function statusOf(path: string): Status | "refused" | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return ["ENOTDIR", "ESRCH", "ENOENT"].includes(errnoName(error)) ? undefined : "refused";
  }
}
