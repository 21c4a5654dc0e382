import { type link, qdisc } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { bucketDifference, bucketOf, type Limit, limitText } from "./bucket.ts";

/** A limit on what leaves by a link of the host. */
export interface BucketOnLink {
  readonly namespaces: Namespaces;
  /** The direction as people say it: "to the container". */
  readonly direction: string;
  readonly limit: Limit;
  readonly psched: () => qdisc.Psched;
  readonly link: () => link.Link;
  /** For DEL: the links that may still have the limit. */
  readonly left: () => readonly link.Link[];
}

/** The handle that the reference plugin gives, too. */
const HANDLE = qdisc.handleOf(1, 0);
// Of an Ethernet frame; the kernel counts it.
const HEADER_BYTES = 14;

/** A token bucket at the root of a link. */
export class BucketStep implements Step {
  readonly name: string;
  readonly #on: BucketOnLink;

  constructor(on: BucketOnLink) {
    this.#on = on;
    this.name = `limit ${on.direction}`;
  }

  describe(): string {
    return limitText(this.#on.limit);
  }

  /** A warning when whole packets are larger than the bucket: the kernel drops those. */
  warning(): string | undefined {
    const { limit, direction } = this.#on;
    const { name, mtu } = this.#on.link();
    const burst = limit.burst / 8n;
    if (burst >= mtu + HEADER_BYTES) return undefined;
    return `the burst ${direction} is ${burst} bytes: larger packets are dropped, and ${name} has an MTU of ${mtu}`;
  }

  apply(): Revert {
    const { namespaces, limit, psched } = this.#on;
    const on = this.#on.link();
    const tbf = bucketOf(limit, psched());
    const place = { index: on.index, parent: qdisc.TC_H_ROOT };
    const revert = (): void => removeBucket(namespaces, on);
    try {
      qdisc.add(namespaces.host, { ...place, handle: HANDLE, kind: "tbf", tbf });
      return revert;
    } catch (error) {
      if (!isKernelError(error, Errno.EEXIST)) throw afterCleanup(error, revert);
      throw taken(on.name, qdisc.get(namespaces.host, place), error);
    }
  }

  check(): void {
    const { namespaces, limit, direction } = this.#on;
    const { name, index } = this.#on.link();
    const psched = this.#on.psched();
    const found = qdisc.get(namespaces.host, { index, parent: qdisc.TC_H_ROOT });
    if (found?.tbf === undefined) {
      throw differs(`the limit ${direction} is missing: ${name} has no tbf at its root`);
    }
    const difference = bucketDifference(bucketOf(limit, psched), found.tbf, psched);
    if (difference !== undefined) {
      throw differs(`the limit ${direction} differs: ${name} ${difference}`);
    }
  }

  undo(): void {
    for (const each of this.#on.left()) removeBucket(this.#on.namespaces, each);
  }
}

/** Takes the limit off a link, which may be gone; what others have put there stays. */
export function removeBucket(namespaces: Namespaces, { index }: link.Link): void {
  const place = { index, parent: qdisc.TC_H_ROOT };
  const found = qdisc.get(namespaces.host, place);
  if (!isBucket(found)) return;
  try {
    qdisc.delete(namespaces.host, { ...place, handle: HANDLE });
  } catch (error) {
    if (!isKernelError(error, Errno.ENOENT, Errno.EINVAL, Errno.ENODEV)) throw error;
  }
}

function isBucket(found: qdisc.Qdisc | undefined): boolean {
  return found?.kind === "tbf" && found.handle === HANDLE;
}

function taken(name: string, found: qdisc.Qdisc | undefined, cause: unknown): CniError {
  if (isBucket(found)) {
    return new CniError(
      ErrorCode.TRY_AGAIN_LATER,
      `${name} has a limit already, of an earlier ADD or of another bandwidth plugin in the list`,
      { details: "call DEL for it first", cause },
    );
  }
  const what = found === undefined ? "a qdisc" : `qdisc ${found.kind}`;
  return new CniError(
    ErrorCode.IO_FAILURE,
    `${name} has ${what} at its root, which somebody else has put there`,
    { details: "only a link without a root qdisc of its own can be given a limit", cause },
  );
}
