import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Rows are drawn in chunks of so many, and a chunk only where it is in sight or near: a long list costs what a short one does. */
export const CHUNK_ROWS = 40;

/** Drawn before it is known what is in sight. */
const FIRST_CHUNKS = 2;
const ROW_HEIGHT = 37;
const NEAR = "800px";

/** Some rows of a long table; where they are far from sight, one empty row as high as they are. */
export function Chunk(props: {
  index: number;
  rows: number;
  columns: number;
  children: () => ComponentChildren;
}): VNode {
  const { index, rows, columns, children } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const isNear = useSignal(index < FIRST_CHUNKS);
  const height = useRef(rows * ROW_HEIGHT);
  useEffect(() => {
    const { current } = body;
    if (current === null) return undefined;
    const seen = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1);
        if (entry === undefined) return;
        if (isNear.peek()) height.current = entry.boundingClientRect.height;
        // A row that has the focus stays, so that the keys go on from there.
        isNear.value = entry.isIntersecting || current.contains(document.activeElement);
      },
      { rootMargin: NEAR },
    );
    seen.observe(current);
    return () => seen.disconnect();
  }, [isNear]);
  return (
    <tbody ref={body}>
      {isNear.value ? (
        children()
      ) : (
        <tr>
          <td colSpan={columns} class="far" height={height.current} />
        </tr>
      )}
    </tbody>
  );
}

/** Rows in chunks, each with the place of its first row. */
export function chunksOf<Row>(rows: readonly Row[]): { at: number; rows: readonly Row[] }[] {
  return Array.from({ length: Math.ceil(rows.length / CHUNK_ROWS) }, (_, index) => {
    const at = index * CHUNK_ROWS;
    return { at, rows: rows.slice(at, at + CHUNK_ROWS) };
  });
}
