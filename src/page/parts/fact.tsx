import type { ComponentChildren, VNode } from "preact";

/** A line of a list of facts. */
export function Fact({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}
