import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useRoving } from "../parts/roving.ts";
import { attachmentLocation } from "../state/location.ts";
import { usePage } from "../state/use-page.ts";
import { ADDRESS_USES } from "../words/states.ts";
import { cellLevel, cellOwner, cellSign, cellText, useOf, useWord } from "./cell-words.ts";
import { blockOf, type Cell, type Use } from "./fold.ts";

const COLUMNS = 16;

/** Addresses or blocks as cells, sixteen in a row; what has the focus or the pointer is said above them. */
export function CellGrid(props: {
  cells: readonly Cell[];
  network: string;
  /** Opens a block. */
  open: (block: string) => void;
}): VNode {
  const { cells, network, open } = props;
  const page = usePage();
  const holder = useRef<HTMLDivElement>(null);
  const pointed = useSignal<number | undefined>(undefined);
  useRoving(holder, COLUMNS);
  const chosen = (cell: Cell): void => {
    const owner = cellOwner(cell, network);
    if (cell.size > 1) open(blockOf(cell));
    else if (owner !== undefined) page.go(attachmentLocation(owner));
  };
  const { value } = pointed;
  const cell = value === undefined ? undefined : cells[value];
  return (
    <div class="card-body">
      <p class="pointed">
        {cell === undefined ? (
          <span class="muted">Point at a cell, or go to it with the arrow keys.</span>
        ) : (
          cellText(cell)
        )}
      </p>
      <div ref={holder} class="cells">
        {rowsOf(cells).map((row) => (
          <div key={row.at} class="cell-row">
            <span class="cell-head mono" aria-hidden="true">
              {row.cells[0]?.first.toString()}
            </span>
            {row.cells.map((each, column) => (
              <CellButton
                key={each.first.toString()}
                cell={each}
                choose={chosen}
                point={() => {
                  pointed.value = row.at + column;
                }}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function rowsOf(cells: readonly Cell[]): { at: number; cells: readonly Cell[] }[] {
  return Array.from({ length: Math.ceil(cells.length / COLUMNS) }, (_, row) => {
    const at = row * COLUMNS;
    return { at, cells: cells.slice(at, at + COLUMNS) };
  });
}

function CellButton(props: { cell: Cell; choose: (cell: Cell) => void; point: () => void }): VNode {
  const { cell, choose, point } = props;
  const text = cellText(cell);
  const isMany = cell.size > 1;
  const look = isMany ? `many level-${cellLevel(cell)}` : `use-${useOf(cell).replace(" ", "-")}`;
  const leaked = isMany && cell.counts.leaked > 0 ? " has-leaked" : "";
  return (
    <button
      type="button"
      data-rove
      tabIndex={-1}
      class={`cell ${look}${leaked}`}
      aria-label={text}
      title={text}
      onFocus={point}
      onPointerEnter={point}
      onClick={() => choose(cell)}
    >
      {cellSign(cell)}
    </button>
  );
}

const USES: readonly Use[] = ["in use", "reserved", "leaked", "excluded", "gateway", "free"];

/** What the looks of cells mean. */
export function Legend({ cells }: { cells: readonly Cell[] }): VNode {
  if ((cells[0]?.size ?? 1) > 1) {
    return (
      <span class="legend">
        <span class="muted">how full, in per cent:</span>
        {[0, 1, 2, 3, 4, 5].map((level) => (
          <span key={level} class={`swatch cell many level-${level}`} aria-hidden="true" />
        ))}
        <span class="swatch cell many has-leaked" aria-hidden="true">
          !
        </span>
        <span>has leaked ones</span>
      </span>
    );
  }
  return (
    <span class="legend">
      {USES.map((use) => (
        <span key={use} class="legend-item">
          <span class={`swatch cell use-${use.replace(" ", "-")}`} aria-hidden="true">
            {use === "outside" ? "" : ADDRESS_USES[use].sign}
          </span>
          {useWord(use)}
        </span>
      ))}
    </span>
  );
}
