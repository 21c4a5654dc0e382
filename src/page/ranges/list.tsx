import type { VNode } from "preact";
import type { RangeForm, RangesForm } from "../../forms/index.ts";
import { Answered, Empty, Problems } from "../parts/answered.tsx";
import { AttachmentLink, ViewLink } from "../parts/link.tsx";
import { SCROLLS } from "../parts/scrolls.ts";
import { ShapeSign } from "../parts/shape.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { RESERVATION_STATES } from "../words/states.ts";
import { count } from "../words/text.ts";
import { Meter } from "./meter.tsx";
import { amount, rangeRemarks } from "./words.ts";

export function RangeList(): VNode {
  const answer = useAnswer(RESOURCES.ranges);
  const said = answer.value === undefined ? undefined : count(answer.value.ranges.length, "range");
  return (
    <>
      <ViewHead title="Ranges" said={said} />
      <Answered answer={answer} what="ranges">
        {(value) => <Listing value={value} />}
      </Answered>
    </>
  );
}

function Listing({ value }: { value: RangesForm }): VNode {
  const { ranges, strays, problems } = value;
  if (ranges.length === 0 && strays.length === 0) {
    return (
      <>
        <Problems of={problems} />
        <Empty title="No network has a range of its own">
          Ranges are those of host-local and of cluster, in the files that configure networks.
        </Empty>
      </>
    );
  }
  return (
    <>
      <Problems of={problems} />
      <ul class="range-cards">
        {ranges.map((range, index) => (
          <li key={`${range.network} ${range.set} ${range.subnet} ${range.first}`}>
            <Card range={range} number={index} />
          </li>
        ))}
      </ul>
      {strays.length === 0 ? null : <Strays of={strays} />}
    </>
  );
}

function Card({ range, number }: { range: RangeForm; number: number }): VNode {
  const { network, subnet, inUse, free, percent } = range;
  const remarks = rangeRemarks(range);
  return (
    <ViewLink to={{ view: "ranges", parts: [String(number)] }} class="card range-card">
      <span class="range-title">
        <Mono of={subnet} />
        <span class="muted">
          <Text of={network} max={60} />
        </span>
      </span>
      <Meter range={range} />
      <span class="range-numbers">
        <span>
          <strong>{amount(inUse)}</strong> in use
        </span>
        <span>{amount(free)} free</span>
        <span class="muted">{percent} %</span>
      </span>
      {remarks.map((remark) => (
        <span key={remark} class="difference">
          <ShapeSign shape="triangle" tone="warn" />
          <Text of={remark} />
        </span>
      ))}
    </ViewLink>
  );
}

/** Reservations that no range has: a network's file has changed, or is gone. */
function Strays({ of: strays }: { of: RangesForm["strays"] }): VNode {
  return (
    <section class="card" aria-labelledby="strays">
      <div class="card-head">
        <h2 id="strays">Reserved outside of all ranges</h2>
        <span class="muted">{count(strays.length, "address", "addresses")}</span>
      </div>
      <div class="table" {...SCROLLS}>
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Network</th>
              <th scope="col">State</th>
              <th scope="col">For</th>
              <th scope="col" class="wide">
                File
              </th>
            </tr>
          </thead>
          <tbody>
            {strays.map((stray) => (
              <tr key={stray.path}>
                <th scope="row">
                  <Mono of={stray.address} />
                </th>
                <td>
                  <Text of={stray.network} max={60} />
                </td>
                <td>
                  <StateWord state={RESERVATION_STATES[stray.state]} />
                </td>
                <td>
                  <AttachmentLink name={stray} />
                </td>
                <td class="wide">
                  <Mono of={stray.path} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
