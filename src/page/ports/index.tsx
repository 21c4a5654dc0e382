import type { VNode } from "preact";

export function PortsView(): VNode {
  return <h1>ports</h1>;
}
