import type { ComponentChildren, VNode } from "preact";

/** The title of a view, what there is to say of it at once, and what it can be asked. */
export function ViewHead(props: {
  title: string;
  said?: string | undefined;
  children?: ComponentChildren;
}): VNode {
  return (
    <div class="view-head">
      <h1>{props.title}</h1>
      {props.said === undefined ? null : <span class="said">{props.said}</span>}
      {props.children === undefined ? null : <div class="view-tools">{props.children}</div>}
    </div>
  );
}
