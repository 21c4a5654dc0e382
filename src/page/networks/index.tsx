import type { VNode } from "preact";

export function NetworksView(): VNode {
  return <h1>networks</h1>;
}
