import type { VNode } from "preact";
import type { AttachmentDetailForm } from "../../forms/index.ts";
import { SCROLLS } from "../parts/scrolls.ts";
import { ShapeSign } from "../parts/shape.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { count } from "../words/text.ts";
import { type ComparedRow, compared } from "./compare.ts";

/** Asked, promised and standing side by side; what differs stands in words below the thing. */
export function Comparison({ of: detail }: { of: AttachmentDetailForm }): VNode {
  const rows = compared(detail);
  const differing = rows.filter(({ differences }) => differences.length > 0).length;
  const said =
    differing > 0
      ? `${count(differing, "thing")} ${differing === 1 ? "differs" : "differ"}`
      : detail.inside === undefined
        ? "the namespace was not entered"
        : "nothing differs";
  return (
    <section class="card" aria-labelledby="comparison">
      <div class="card-head">
        <h2 id="comparison">Asked, promised, standing</h2>
        <span class="muted">{said}</span>
      </div>
      <div class="table" {...SCROLLS}>
        <table class="comparison">
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">Thing</span>
              </th>
              <th scope="col" title="by the network configuration and the runtime">
                Asked
              </th>
              <th scope="col" title="by the result of the ADD">
                Promised
              </th>
              <th scope="col" title="as the kernel has it">
                Standing
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.title} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ row }: { row: ComparedRow }): VNode {
  const differs = row.differences.length > 0;
  return (
    <tr class={differs ? "differs" : undefined}>
      <th scope="row">{row.title}</th>
      <td data-title="Asked">
        <Values of={row.asked} />
      </td>
      <td data-title="Promised">
        <Values of={row.promised} />
      </td>
      <td data-title="Standing">
        {row.stands === undefined ? (
          <span class="muted">not known</span>
        ) : (
          <Values of={row.stands} />
        )}
        {row.differences.map((difference) => (
          <div key={difference} class="difference">
            <ShapeSign shape="triangle" tone="warn" />
            <Text of={difference} max={300} />
          </div>
        ))}
      </td>
    </tr>
  );
}

function Values({ of: values }: { of: readonly string[] }): VNode {
  if (values.length === 0) return <span class="muted">–</span>;
  return (
    <>
      {values.map((value) => (
        <div key={value}>
          <Mono of={value} />
        </div>
      ))}
    </>
  );
}
