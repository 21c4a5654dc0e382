import { Ip } from "../../addr/index.ts";
import { bareAddress, defined } from "../../base/index.ts";
import type { AddressRunForm, RangeMapForm } from "../../forms/index.ts";
import type { NodeAttachment, NodeView } from "../../view/attachments/index.ts";
import { podName } from "../../view/index.ts";
import { type Holding, holdingsOf, isLeaked, isWithin, type Pool } from "../../view/pools/index.ts";

/** Addresses in their order, and whether there are more. */
export type Runs = Omit<RangeMapForm, "range">;

/** More are not drawn one by one: neighbours of one use are one run then. */
const RUNS_MAX = 4096;

/** A run while it is made. */
interface Run extends Omit<AddressRunForm, "first" | "last"> {
  readonly from: bigint;
  readonly to: bigint;
}

/** What of a range is not free. */
export function runsOf(pool: Pool, view: NodeView): Runs {
  const { family } = pool.range.start;
  const each = joined(usesOf(pool, view), isSame);
  const few = each.length > RUNS_MAX ? joined(each.map(withoutNames), hasSameUse) : each;
  const text = (value: bigint): string => Ip.fromBigInt(family, value).toString();
  return {
    runs: few
      .slice(0, RUNS_MAX)
      .map(({ from, to, ...run }) => ({ first: text(from), last: text(to), ...run })),
    more: few.length > RUNS_MAX,
  };
}

/** In order, without overlaps: what is taken goes before what is kept out. */
function usesOf({ range, network, directory }: Pool, view: NodeView): Run[] {
  const taken = new Map<bigint, Run>();
  for (const holding of holdingsOf(view)) {
    if (!isWithin(range, holding.ip) || !holding.path.startsWith(`${directory}/`)) continue;
    const at = holding.ip.toBigInt();
    taken.set(at, { from: at, to: at, use: useOf(holding), ...namesOf(holding) });
  }
  for (const one of view.attachments) {
    if (one.network !== network || one.netnsState === "gone" || one.earlierBoot) continue;
    for (const address of one.addresses) {
      const ip = Ip.tryParse(bareAddress(address));
      const at = ip?.toBigInt();
      if (ip === undefined || at === undefined || !isWithin(range, ip) || taken.has(at)) continue;
      taken.set(at, { from: at, to: at, use: "in use", ...ownerOf(one) });
    }
  }
  const gateway = range.gateway.toBigInt();
  const isInside = isWithin(range, range.gateway);
  if (isInside && !taken.has(gateway)) {
    taken.set(gateway, { from: gateway, to: gateway, use: "gateway" });
  }
  const all = [...taken.values()].sort(inOrder);
  return [...all, ...excludedBetween(all, range)].sort(inOrder);
}

/** What is kept out, without the addresses that are taken all the same. */
function excludedBetween(taken: readonly Run[], { excluded, start, end }: Pool["range"]): Run[] {
  const [least, most] = [start.toBigInt(), end.toBigInt()];
  const runs: Run[] = [];
  let at = 0;
  for (const span of excluded) {
    let { from, to } = span;
    if (from < least) from = least;
    if (to > most) to = most;
    while (at < taken.length && (taken[at]?.to ?? 0n) < from) at++;
    for (let next = taken[at]; next !== undefined && next.from <= to; next = taken[++at]) {
      if (from < next.from) runs.push({ from, to: next.from - 1n, use: "excluded" });
      from = next.to + 1n;
    }
    if (from <= to) runs.push({ from, to, use: "excluded" });
  }
  return runs;
}

function useOf(holding: Holding): Run["use"] {
  if (isLeaked(holding)) return "leaked";
  return holding.state === "attached" ? "in use" : "reserved";
}

function namesOf({ attachment, containerId, ifName }: Holding): Partial<Run> {
  if (attachment !== undefined) return ownerOf(attachment);
  return defined({ containerId: containerId || undefined, ifName: ifName || undefined });
}

function ownerOf({ containerId, ifName, pod }: NodeAttachment): Partial<Run> {
  return { containerId, ifName, ...defined({ pod: pod && podName(pod) }) };
}

function withoutNames({ from, to, use }: Run): Run {
  return { from, to, use };
}

/** Neighbours that are alike as one. */
function joined(runs: readonly Run[], isAlike: (one: Run, other: Run) => boolean): Run[] {
  const all: Run[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    if (last !== undefined && last.to + 1n === run.from && isAlike(last, run)) {
      all[all.length - 1] = { ...last, to: run.to };
    } else {
      all.push(run);
    }
  }
  return all;
}

function hasSameUse(one: Run, other: Run): boolean {
  return one.use === other.use;
}

/** A name belongs to a single address. */
function isSame(one: Run, other: Run): boolean {
  return hasSameUse(one, other) && one.containerId === undefined && other.containerId === undefined;
}

function inOrder(one: Run, other: Run): number {
  return one.from < other.from ? -1 : Number(one.from > other.from);
}
