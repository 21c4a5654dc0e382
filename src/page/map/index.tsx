import type { VNode } from "preact";

export function MapView(): VNode {
  return <h1>map</h1>;
}
