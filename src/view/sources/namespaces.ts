import { statSync } from "node:fs";
import { errnoName } from "../../base/index.ts";
import {
  isOwnPath,
  leadsTo,
  livingNamespaces,
  type NetnsIdentity,
} from "../../kernel/netns/index.ts";

/**
 * What became of a namespace: it lives; it is gone; its path leads to another one; or nothing is known,
 * since no path was noted or this caller may not look.
 */
export type NetnsState = "alive" | "gone" | "replaced" | "unknown";

/** How far looks go. "numbers" compares those of files, which the kernel gives again; "cookies" enters. */
export type NetnsProof = "numbers" | "cookies";

/** Any namespace of the kind, to know by its device what is one. */
const OWN = "/proc/self/ns/net";

/** Looks for namespaces; what all of them cost is paid once, and only where a path has failed. */
export class NetnsLooks {
  readonly #proof: NetnsProof;
  readonly #device: bigint | undefined;
  #living: ReadonlyMap<bigint, readonly string[]> | undefined;

  constructor(proof: NetnsProof) {
    this.#proof = proof;
    const own = statusOf(OWN);
    this.#device = own === "refused" ? undefined : own?.dev;
  }

  /** @param path as the ADD was given it; "" where it is not noted */
  stateOf(path: string, identity: NetnsIdentity | undefined): NetnsState {
    const isUsable = path !== "" && !isOwnPath(path);
    if (!isUsable && identity === undefined) return "unknown";
    const status = isUsable ? statusOf(path) : undefined;
    if (status === "refused") return "unknown";
    const isNetns = status !== undefined && status.dev === this.#device;
    if (identity === undefined) return isNetns ? "alive" : "gone";
    if (isNetns && this.#isIt(path, status, identity)) return "alive";
    const elsewhere = this.#pathsOf(identity.ino).some((each) => {
      return this.#proof === "numbers" || leadsTo(each, identity);
    });
    if (elsewhere) return "alive";
    return isNetns ? "replaced" : "gone";
  }

  #isIt(path: string, status: { dev: bigint; ino: bigint }, identity: NetnsIdentity): boolean {
    if (this.#proof === "cookies") return leadsTo(path, identity);
    return status.ino === identity.ino && status.dev === identity.dev;
  }

  #pathsOf(ino: bigint): readonly string[] {
    this.#living ??= livingPaths();
    return this.#living.get(ino) ?? [];
  }
}

function livingPaths(): Map<bigint, string[]> {
  const all = new Map<bigint, string[]>();
  for (const { ino, path } of livingNamespaces()) {
    const paths = all.get(ino);
    if (paths === undefined) all.set(ino, [path]);
    else paths.push(path);
  }
  return all;
}

/** Undefined where nothing is. */
function statusOf(path: string): { dev: bigint; ino: bigint } | "refused" | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return ["ENOTDIR", "ESRCH", "ENOENT"].includes(errnoName(error)) ? undefined : "refused";
  }
}
