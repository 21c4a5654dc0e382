import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Rows of a long table are drawn in chunks, and a chunk only where it is in sight or near: a thousand cost what a hundred do. */
const CHUNK_ROWS = 40;

/** So many rows are drawn in any case: what is read aloud or searched by the browser is all there. */
const ALL_MAX = 160;
/** Drawn before it is known what is in sight. */
const FIRST_CHUNKS = 2;
const ROW_HEIGHT = 37;
const NEAR = "800px";

/** Some rows of a long table; where they are far from sight, one empty row as high as they are. */
export function Chunk(props: {
  index: number;
  rows: number;
  /** Rows of the whole table. */
  total: number;
  columns: number;
  children: () => ComponentChildren;
}): VNode {
  const { index, rows, total, columns, children } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const isNear = useSignal(index < FIRST_CHUNKS);
  const height = useRef(rows * ROW_HEIGHT);
  const isAlone = total <= ALL_MAX;
  useEffect(() => {
    const { current } = body;
    if (current === null || isAlone) return undefined;
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
    // On paper all of it is in sight.
    const printing = (): void => {
      isNear.value = true;
    };
    // An observer tells what is in sight when it begins.
    const printed = (): void => {
      seen.unobserve(current);
      seen.observe(current);
    };
    window.addEventListener("beforeprint", printing);
    window.addEventListener("afterprint", printed);
    return () => {
      seen.disconnect();
      window.removeEventListener("beforeprint", printing);
      window.removeEventListener("afterprint", printed);
    };
  }, [isNear, isAlone]);
  return (
    <tbody ref={body}>
      {isNear.value || isAlone ? (
        children()
      ) : (
        <tr>
          <td colSpan={columns} class="far" height={height.current} />
        </tr>
      )}
    </tbody>
  );
}

/** Rows in chunks, each with the place of its first row; few enough rows are one chunk, which is always drawn. */
export function chunksOf<Row>(rows: readonly Row[]): { at: number; rows: readonly Row[] }[] {
  if (rows.length <= ALL_MAX) return [{ at: 0, rows }];
  return Array.from({ length: Math.ceil(rows.length / CHUNK_ROWS) }, (_, index) => {
    const at = index * CHUNK_ROWS;
    return { at, rows: rows.slice(at, at + CHUNK_ROWS) };
  });
}
