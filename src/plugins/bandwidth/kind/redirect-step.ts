import { filter, type link, qdisc } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { afterCleanup, differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** Everything that comes in by one link of the host is led through another. */
export interface Redirection {
  readonly namespaces: Namespaces;
  readonly from: () => link.Link;
  readonly to: () => link.Link;
  /** For DEL: the links that may still be redirected, and those that they may be led to. */
  readonly left: () => { from: readonly link.Link[]; to: readonly link.Link[] };
}

const HANDLE = qdisc.handleOf(0xffff, 0);
/** As the reference plugin has it; no class is there. */
const CLASS = qdisc.handleOf(1, 1);
const PRIORITY_MAX = 0xffff;

/** An ingress qdisc with a filter that every packet matches. */
export class RedirectStep implements Step {
  readonly name = "redirection";
  readonly #redirection: Redirection;

  constructor(redirection: Redirection) {
    this.#redirection = redirection;
  }

  describe(): string {
    return "what comes from the container goes through the ifb device";
  }

  apply(): Revert {
    const { namespaces } = this.#redirection;
    const from = this.#redirection.from();
    const to = this.#redirection.to();
    const before = ingressOf(namespaces, from);
    const revert = (): void =>
      removeRedirection(namespaces, from, ({ index }) => index === to.index);
    try {
      if (before === undefined) {
        const place = { index: from.index, parent: qdisc.TC_H_INGRESS };
        qdisc.add(namespaces.host, { ...place, handle: HANDLE, kind: "ingress" });
      }
      const parent = parentOf(before);
      // Filters that others have put there come first: they may want to drop or to count.
      const priority = nextPriority(from, filter.list(namespaces.host, from.index, parent));
      filter.add(namespaces.host, {
        ...{ index: from.index, parent, priority, protocol: filter.ETH_P_ALL, kind: "u32" },
        u32: {
          classId: CLASS,
          keys: [filter.ANY_PACKET],
          actions: [
            { kind: "mirred", mirred: { action: filter.TCA_EGRESS_REDIR, index: to.index } },
          ],
        },
      });
      return revert;
    } catch (error) {
      throw afterCleanup(error, revert);
    }
  }

  check(): void {
    const { namespaces } = this.#redirection;
    const from = this.#redirection.from();
    const to = this.#redirection.to();
    const ingress = ingressOf(namespaces, from);
    if (ingress === undefined) throw differs(`${from.name} has no ingress qdisc`);
    const targets = redirectsOf(namespaces, from, ingress).map(({ target }) => target);
    if (targets.some(({ index }) => index === to.index)) return;
    const instead = targets.length === 0 ? "no filter redirects it" : "it goes elsewhere";
    throw differs(`what comes in by ${from.name} does not go through ${to.name}: ${instead}`);
  }

  undo(): void {
    const { from, to } = this.#redirection.left();
    const targets = new Set([0, ...to.map(({ index }) => index)]);
    for (const each of from) {
      removeRedirection(this.#redirection.namespaces, each, ({ index }) => targets.has(index));
    }
  }
}

/**
 * Takes redirections off a link, and then an ingress qdisc that is not used any more. A target that
 * is gone has the index 0.
 */
export function removeRedirection(
  namespaces: Namespaces,
  from: link.Link,
  isOurs: (target: filter.MirredInfo) => boolean,
): void {
  const ingress = ingressOf(namespaces, from);
  if (ingress === undefined) return;
  const parent = parentOf(ingress);
  tolerant(() => {
    for (const { place, target } of redirectsOf(namespaces, from, ingress)) {
      if (isOurs(target)) filter.delete(namespaces.host, place);
    }
    if (ingress.kind !== "ingress") return;
    if (filter.list(namespaces.host, from.index, parent).length > 0) return;
    qdisc.delete(namespaces.host, {
      index: from.index,
      parent: qdisc.TC_H_INGRESS,
      kind: "ingress",
    });
  });
}

function ingressOf(namespaces: Namespaces, { index }: link.Link): qdisc.Qdisc | undefined {
  return qdisc.get(namespaces.host, { index, parent: qdisc.TC_H_INGRESS });
}

/** Where filters of what comes in hang. */
function parentOf(ingress: qdisc.Qdisc | undefined): number {
  return ingress?.kind === "clsact" ? qdisc.TC_H_CLSACT_INGRESS : HANDLE;
}

interface Redirect {
  readonly place: filter.FilterPlace;
  readonly target: filter.MirredInfo;
}

/** Filters that move every packet to another link. The reference plugin's have a second action. */
function redirectsOf(namespaces: Namespaces, from: link.Link, ingress: qdisc.Qdisc): Redirect[] {
  const all = filter.list(namespaces.host, from.index, parentOf(ingress));
  return all.flatMap(({ index, parent, priority, protocol, u32 }) => {
    const target = u32?.actions[0]?.mirred;
    const isAny = u32?.keys.every(({ mask }) => mask === 0) === true;
    if (target?.action !== filter.TCA_EGRESS_REDIR || !isAny) return [];
    return [{ place: { index, parent, priority, protocol }, target }];
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

/** Between question and answer the link, the qdisc or the filter may go. */
function tolerant(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isKernelError(error, Errno.ENOENT, Errno.EINVAL, Errno.ENODEV)) throw error;
  }
}
