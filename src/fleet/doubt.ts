/** Whether what was heard of the fleet is a reason to ask the store what this node holds. */
import { piecesOf } from "./holdings.ts";
import type { Picture } from "./picture.ts";
import { covers } from "./pieces.ts";
import type { FleetView } from "./view.ts";

/** Whether a node goes by something as its own that the fleet, as it was heard last, does not give it. */
export function isInDoubt(view: FleetView, { node, subnets }: Picture): boolean {
  const given = view.prefixesOf(node);
  const held = subnets.flatMap(piecesOf).filter(({ state }) => state === "held");
  return held.some(({ prefix }) => !given.some((each) => covers(each, prefix)));
}
