import type { VNode } from "preact";
import type { CallGroupForm } from "../../forms/index.ts";
import { SCROLLS } from "../parts/scrolls.ts";
import { Text } from "../parts/text.tsx";
import { duration } from "../words/time.ts";
import { barOf, type WaterfallRow, waterfallOf } from "./waterfall.ts";

/** The calls of an operation over time, as a table with a bar in each row. */
export function WaterfallTable({ of: group }: { of: CallGroupForm }): VNode {
  const { rows, ms } = waterfallOf(group);
  return (
    <div class="table" {...SCROLLS}>
      <table class="fixed waterfall">
        <caption class="unseen">
          Plugins, the calls that they made, and their steps, over time
        </caption>
        <thead>
          <tr>
            <th scope="col" class="c-part">
              Plugin, delegate, step
            </th>
            <th scope="col" class="c-bar">
              <span class="ends">
                <span>0</span>
                <span>{duration(ms)}</span>
              </span>
            </th>
            <th scope="col" class="c-ms number">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.key} row={row} whole={ms} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const INDENT = 14;

function Row({ row, whole }: { row: WaterfallRow; whole: number }): VNode {
  const { left, width } = barOf(row, whole);
  const { kind, hasFailed, error } = row;
  return (
    <tr class={kind}>
      <th scope="row" class="clip">
        <span style={{ paddingLeft: `${row.depth * INDENT}px` }}>
          <Text of={row.label} max={80} />
          {row.note === "" ? null : (
            <span class="muted">
              {" "}
              <Text of={row.note} max={300} />
            </span>
          )}
        </span>
        {error === undefined ? null : (
          <div class="row-error">
            Error {error.code}: <Text of={error.msg} max={300} />
          </div>
        )}
      </th>
      <td>
        <svg
          class="waterfall-bar"
          viewBox="0 0 100 10"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <rect
            class={hasFailed ? "bar failed" : `bar ${kind}`}
            x={left}
            y={kind === "call" ? 1 : 2.5}
            width={width}
            height={kind === "call" ? 8 : 5}
          />
        </svg>
      </td>
      <td class="number">{duration(row.ms)}</td>
    </tr>
  );
}
