import type { VNode } from "preact";

export function RulesView(): VNode {
  return <h1>rules</h1>;
}
