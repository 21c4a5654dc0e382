import { type link, qdisc } from "../../../kernel/route/index.ts";
import { Errno, ignoring, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import {
  differs,
  type Finding,
  type Kind,
  removed,
  type Scene,
  tryAgain,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { bucketDifference, bucketOf, type Limit, limitText, psched } from "./bucket.ts";
import { hostEndsLeft, staleHostEnds } from "./host-end.ts";
import type { LinkFinder } from "./ifb.ts";
import { GONE } from "./ingress.ts";

/** A limit on what leaves by a link of the host. */
interface WantedLimit {
  /** The direction as people say it: "to the container". */
  readonly direction: string;
  readonly limit: Limit;
  readonly host: LinkFinder;
  /** The device that is limited instead of the host's end. */
  readonly device?: LinkFinder;
}

/** The handle that the reference plugin gives, too. */
const HANDLE = qdisc.handleOf(1, 0);
// Of an Ethernet frame; the kernel counts it.
const HEADER_BYTES = 14;

/** A token bucket at the root of a link. One on the attachment's ifb device goes with the device. */
export const limit: Kind<WantedLimit> = {
  name: "limit",
  want({ ctx, namespaces }, wanted) {
    const { direction, host, device = host } = wanted;
    return {
      name: `limit ${direction}`,
      describe: () => limitText(wanted.limit),

      apply(rollback) {
        warn(ctx, wanted);
        const on = device.link();
        const tbf = bucketOf(wanted.limit, psched());
        let isTaken = false;
        rollback.defer(() => {
          if (!isTaken) removeBucket(namespaces, on);
        });
        try {
          qdisc.add(namespaces.host, { ...rootOf(on), handle: HANDLE, kind: "tbf", tbf });
        } catch (error) {
          if (!isKernelError(error, Errno.EEXIST)) throw error;
          isTaken = true;
          throw taken(on.name, qdisc.get(namespaces.host, rootOf(on)), error);
        }
      },

      /** A qdisc that is not this plugin's stays, and so does a limit that another program has set. */
      restore() {
        const on = device.link();
        const found = qdisc.get(namespaces.host, rootOf(on));
        if (isBucket(found)) qdisc.delete(namespaces.host, { ...rootOf(on), handle: HANDLE });
        const tbf = bucketOf(wanted.limit, psched());
        try {
          qdisc.add(namespaces.host, { ...rootOf(on), handle: HANDLE, kind: "tbf", tbf });
        } catch (error) {
          throw isKernelError(error, Errno.EEXIST) ? taken(on.name, found, error) : error;
        }
      },

      check() {
        const on = device.link();
        const { name } = on;
        const found = qdisc.get(namespaces.host, rootOf(on));
        if (found?.tbf === undefined) {
          throw differs(`the limit ${direction} is missing: ${name} has no tbf at its root`);
        }
        const bucket = bucketOf(wanted.limit, psched());
        const difference = bucketDifference(bucket, found.tbf, psched());
        if (difference === undefined) return;
        throw differs(`the limit ${direction} differs: ${name} ${difference}`);
      },
    };
  },

  undo(scene) {
    for (const host of hostEndsLeft(scene)) removeBucket(scene.namespaces, host);
  },

  found: (scene) => findingsOf(scene.namespaces, hostEndsLeft(scene)),

  collect(scene, garbage) {
    for (const host of staleHostEnds(scene, garbage)) removeBucket(scene.namespaces, host);
  },

  stale: (scene, garbage) => findingsOf(scene.namespaces, staleHostEnds(scene, garbage)),
};

function findingsOf({ host }: Namespaces, links: readonly link.Link[]): Finding[] {
  const limited = links.filter((each) => isBucket(qdisc.get(host, rootOf(each))));
  return limited.map(({ name }) => removed(`limit of ${name}`));
}

/** The kernel drops packets that are larger than the bucket. */
function warn(ctx: Scene["ctx"], { limit: { burst }, direction, host }: WantedLimit): void {
  const { name, mtu } = host.link();
  const bytes = burst / 8n;
  if (bytes >= mtu + HEADER_BYTES) return;
  ctx.log(
    `bandwidth: the burst ${direction} is ${bytes} bytes: larger packets are dropped, and ${name} has an MTU of ${mtu}`,
  );
}

function rootOf({ index }: link.Link): { index: number; parent: number } {
  return { index, parent: qdisc.TC_H_ROOT };
}

/** Takes the limit off a link, which may be gone; what others have put there stays. */
function removeBucket({ host }: Namespaces, on: link.Link): void {
  if (!isBucket(qdisc.get(host, rootOf(on)))) return;
  ignoring(GONE, () => qdisc.delete(host, { ...rootOf(on), handle: HANDLE }));
}

function isBucket(found: qdisc.Qdisc | undefined): boolean {
  return found?.kind === "tbf" && found.handle === HANDLE;
}

function taken(name: string, found: qdisc.Qdisc | undefined, cause: unknown): CniError {
  if (isBucket(found)) {
    return tryAgain(
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
