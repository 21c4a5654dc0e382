/** What others have made on this node that takes the fleet's packets. It is named, and stays. */
import type { Ip } from "../addr/index.ts";
import { type address, link, type RouteSocket } from "../kernel/route/index.ts";
import type { Standing } from "./standing.ts";
import type { WantedOverlay } from "./wanted.ts";

/** Networks of other links that share addresses with the fleet's subnets. */
export function strangersInTheWay(
  socket: RouteSocket,
  { subnets, gateways, kind }: WantedOverlay,
  { others }: Standing,
): string[] {
  // Containers' links have the gateway's address, with the subnet's length or alone.
  const isOwn = (ip: Ip): boolean => gateways.some((gateway) => gateway.equals(ip));
  const found = others.filter(
    ({ prefix }: address.Address) =>
      !isOwn(prefix.ip) && subnets.some((subnet) => subnet.overlaps(prefix)),
  );
  // A fleet whose gateway is not known yet has containers' links with any address of its subnets.
  if (kind === "none" || gateways.length === 0) return [];
  return found.map(({ index, prefix }) => {
    const name = link.get(socket, index)?.name ?? `link ${index}`;
    const subnet = subnets.find((each) => each.overlaps(prefix));
    return `the address ${prefix} of ${name} is in the fleet's subnet ${subnet}: give one of them another`;
  });
}
