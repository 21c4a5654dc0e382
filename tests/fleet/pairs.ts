import { Ip } from "../../src/addr/index.ts";
import { Netns } from "../../src/kernel/netns/index.ts";
import { exchanged, lostDuring } from "../support/datagrams.ts";
import type { FleetNode } from "../support/fleet-lab.ts";

/** Containers on several nodes of a fleet, and what packets between them do. */

/** A container with one of its addresses. */
export interface Placed {
  readonly node: FleetNode;
  readonly container: string;
  readonly address: string;
}

interface Opened extends Disposable {
  readonly netns: Netns;
  readonly ip: Ip;
}

function opened({ node, container, address }: Placed): Opened {
  const netns = Netns.open(node.netnsOf(container));
  return { netns, ip: Ip.parse(address), [Symbol.dispose]: () => netns.close() };
}

/** Whether a datagram gets from one to the other, and one back. */
export function reach(from: Placed, to: Placed, bytes: number = 16): boolean {
  using here = opened(from);
  using there = opened(to);
  return exchanged(here, there, { bytes });
}

/** Pairs that do not reach each other, in words. */
export function unreached(all: readonly Placed[], bytes?: number): string[] {
  const words = ({ node, address }: Placed): string => `${address} of ${node.name}`;
  return all.flatMap((from) =>
    all
      .filter((to) => to !== from && isFamilyOf(from, to) && !reach(from, to, bytes))
      .map((to) => `${words(from)} to ${words(to)}`),
  );
}

function isFamilyOf(one: Placed, other: Placed): boolean {
  return one.address.includes(":") === other.address.includes(":");
}

/** Datagrams of so many that are lost while something happens. */
export async function lostMeanwhile(
  [from, to]: readonly [Placed, Placed],
  work: () => Promise<void>,
  count: number = 1000,
): Promise<number> {
  using here = opened(from);
  using there = opened(to);
  return await lostDuring(here, there, count, work);
}
