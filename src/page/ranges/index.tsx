import type { VNode } from "preact";

export function RangesView(): VNode {
  return <h1>ranges</h1>;
}
