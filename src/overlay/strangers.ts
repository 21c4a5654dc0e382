/** What others have made on this node that takes the fleet's packets. It is named, and stays. */
import { link, type RouteSocket } from "../kernel/route/index.ts";
import type { Standing } from "./standing.ts";
import type { WantedOverlay } from "./wanted.ts";

/**
 * Networks of other links that hold the fleet's subnets or a part of them. Addresses that lie in the
 * subnets themselves are the node's own concern: its containers' links have such.
 */
export function strangersInTheWay(
  socket: RouteSocket,
  { subnets }: WantedOverlay,
  { others }: Standing,
): string[] {
  return others
    .filter(({ prefix }) => !subnets.some((subnet) => subnet.contains(prefix.ip)))
    .flatMap(({ index, prefix }) => {
      const subnet = subnets.find((each) => each.overlaps(prefix));
      if (subnet === undefined) return [];
      const name = link.get(socket, index)?.name ?? `link ${index}`;
      return [
        `the network ${prefix.network()} of ${name} shares addresses with the fleet's ${subnet}`,
      ];
    });
}
