import type { VNode } from "preact";

export function FleetView(): VNode {
  return <h1>fleet</h1>;
}
