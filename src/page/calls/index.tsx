import type { VNode } from "preact";

export function CallsView(): VNode {
  return <h1>calls</h1>;
}
