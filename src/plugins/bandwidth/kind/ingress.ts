import { filter, type link, qdisc } from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** Between question and removal the link, the qdisc or the filter may go: then all is well. */
export const GONE: readonly number[] = [Errno.ENOENT, Errno.EINVAL, Errno.ENODEV];

const HANDLE = qdisc.handleOf(0xffff, 0);
/** As the reference plugin has it; no class is there. */
const CLASS = qdisc.handleOf(1, 1);
const PRIORITY_MAX = 0xffff;

/** Leads everything that comes in by one link through another. Filters of others stay first. */
export function addRedirection({ host }: Namespaces, from: link.Link, to: link.Link): void {
  const before = ingressOf(host, from);
  if (before === undefined) {
    qdisc.add(host, { ...ingressPlace(from), handle: HANDLE, kind: "ingress" });
  }
  const parent = parentOf(before);
  const priority = nextPriority(from, filter.list(host, from.index, parent));
  filter.add(host, {
    ...{ index: from.index, parent, priority, protocol: filter.ETH_P_ALL, kind: "u32" },
    u32: {
      classId: CLASS,
      keys: [filter.ANY_PACKET],
      actions: [{ kind: "mirred", mirred: { action: filter.TCA_EGRESS_REDIR, index: to.index } }],
    },
  });
}

/**
 * Takes redirections off a link, and then an ingress qdisc that is not used any more. A target that
 * is gone has the index 0.
 */
export function removeRedirection(
  { host }: Namespaces,
  from: link.Link,
  targets: readonly number[],
): void {
  const ingress = ingressOf(host, from);
  if (ingress === undefined) return;
  ignoring(GONE, () => {
    for (const { place, target } of redirectsOf(host, from, ingress)) {
      if (targets.includes(target)) filter.delete(host, place);
    }
    if (ingress.kind !== "ingress") return;
    if (filter.list(host, from.index, parentOf(ingress)).length > 0) return;
    qdisc.delete(host, { ...ingressPlace(from), kind: "ingress" });
  });
}

/** The indexes of the links that everything is led to; undefined without an ingress qdisc. */
export function targetsOf({ host }: Namespaces, from: link.Link): number[] | undefined {
  const ingress = ingressOf(host, from);
  return ingress && redirectsOf(host, from, ingress).map(({ target }) => target);
}

type Socket = Namespaces["host"];

function ingressPlace({ index }: link.Link): { index: number; parent: number } {
  return { index, parent: qdisc.TC_H_INGRESS };
}

function ingressOf(host: Socket, of: link.Link): qdisc.Qdisc | undefined {
  return qdisc.get(host, ingressPlace(of));
}

/** Where filters of what comes in hang. */
function parentOf(ingress: qdisc.Qdisc | undefined): number {
  return ingress?.kind === "clsact" ? qdisc.TC_H_CLSACT_INGRESS : HANDLE;
}

interface Redirect {
  readonly place: filter.FilterPlace;
  readonly target: number;
}

/** Filters that move every packet to another link. The reference plugin's have a second action. */
function redirectsOf(host: Socket, from: link.Link, ingress: qdisc.Qdisc): Redirect[] {
  const all = filter.list(host, from.index, parentOf(ingress));
  return all.flatMap(({ index, parent, priority, protocol, u32 }) => {
    const mirred = u32?.actions[0]?.mirred;
    const isAny = u32?.keys.every(({ mask }) => mask === 0) === true;
    if (mirred?.action !== filter.TCA_EGRESS_REDIR || !isAny) return [];
    return [{ place: { index, parent, priority, protocol }, target: mirred.index }];
  });
}

function nextPriority({ name }: link.Link, existing: readonly filter.Filter[]): number {
  const last = Math.max(0, ...existing.map(({ priority }) => priority));
  if (last < PRIORITY_MAX) return last + 1;
  throw new CniError(
    ErrorCode.IO_FAILURE,
    `no filter can come behind those of ${name}: one has priority ${last}`,
  );
}
