import type { VNode } from "preact";
import { usePage } from "../state/use-page.ts";
import { Icon } from "./icon.tsx";

/** The head of a column that rows can be sorted by: first one way, then the other, then as they came. */
export function SortHead(props: {
  column: string;
  title: string;
  sort: string;
  class?: string;
}): VNode {
  const { column, title, sort } = props;
  const page = usePage();
  const isUp = sort === column;
  const isDown = sort === `-${column}`;
  const next = isUp ? `-${column}` : isDown ? "" : column;
  return (
    <th
      scope="col"
      class={props.class}
      aria-sort={isUp ? "ascending" : isDown ? "descending" : "none"}
    >
      <button type="button" class="quiet" onClick={() => page.setQuery({ sort: next })}>
        {title}
        {isUp ? <Icon name="up" /> : null}
        {isDown ? <Icon name="down" /> : null}
      </button>
    </th>
  );
}
