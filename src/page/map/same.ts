import type { MapNodeForm } from "../../forms/index.ts";
import type { NodePlace } from "../../topology/layout/index.ts";

/** Whether a place looks the same, its letters included. */
export function isSamePlace(one: NodePlace, other: NodePlace): boolean {
  const isThere = one.x === other.x && one.y === other.y;
  const isAsLarge = one.width === other.width && one.height === other.height;
  const isAlike = one.as === other.as && one.density === other.density;
  return (
    isThere && isAsLarge && isAlike && one.more === other.more && one.reserved === other.reserved
  );
}

/** Whether a node is the same as far as it is drawn. */
export function isSameNode(one: MapNodeForm, other: MapNodeForm): boolean {
  const isCalledSo = one.label === other.label && one.network === other.network;
  const isSo = one.state === other.state && one.kind === other.kind;
  return isCalledSo && isSo && isSame(one.lines, other.lines) && isSame(one.faults, other.faults);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, at) => text === other[at]);
}
