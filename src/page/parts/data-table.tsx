import type { ComponentChildren, VNode } from "preact";
import { useRef } from "preact/hooks";
import { Chunk, chunksOf } from "./chunk.tsx";
import { useRoving } from "./roving.ts";
import { SCROLLS } from "./scrolls.ts";

/** What a table shows of each of its rows. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Of the column: `wide` is left out on a phone, `number` stands at the end. */
  readonly look?: string;
}

/** A table of rows that stand in their order; the first column is the head of each row. */
export function DataTable<Row>(props: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** On a phone each row is a list of its cells, with the titles of their columns: there is no room for more. */
  stacks?: boolean;
}): VNode {
  const { caption, columns, rows, keyOf, stacks = false } = props;
  const table = useRef<HTMLTableElement>(null);
  useRoving(table);
  return (
    <div class="table" {...SCROLLS}>
      <table ref={table} class={stacks ? "stacks" : undefined} aria-rowcount={rows.length + 1}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, look }) => (
              <th key={title} scope="col" class={look}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        {chunksOf(rows).map(({ at, rows: some }, index) => (
          <Chunk
            key={at}
            index={index}
            rows={some.length}
            total={rows.length}
            columns={columns.length}
          >
            {() =>
              some.map((row, offset) => (
                <tr key={keyOf(row)} aria-rowindex={at + offset + 2}>
                  <Cells row={row} columns={columns} />
                </tr>
              ))
            }
          </Chunk>
        ))}
      </table>
    </div>
  );
}

function Cells<Row>({ row, columns }: { row: Row; columns: readonly Column<Row>[] }): VNode {
  return (
    <>
      {columns.map(({ title, cell, look }, index) =>
        index === 0 ? (
          <th key={title} scope="row" class={look}>
            {cell(row)}
          </th>
        ) : (
          <td key={title} class={look} data-title={title}>
            {cell(row)}
          </td>
        ),
      )}
    </>
  );
}

/** Rows that bear all words of a search, of the texts that a row has. */
export function searched<Row>(
  rows: readonly Row[],
  text: string,
  textsOf: (row: Row) => readonly (string | undefined)[],
): readonly Row[] {
  const words = text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "");
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = textsOf(row).join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
