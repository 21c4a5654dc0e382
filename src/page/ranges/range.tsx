import type { VNode } from "preact";
import type { RangeMapForm } from "../../forms/index.ts";
import { Answered } from "../parts/answered.tsx";
import { Fact } from "../parts/fact.tsx";
import { Icon } from "../parts/icon.tsx";
import { ViewLink } from "../parts/link.tsx";
import { ShapeSign } from "../parts/shape.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { rangeResource } from "../source/resources.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { blockAround, cellsOf, isFoldable } from "./fold.ts";
import { CellGrid, Legend } from "./grid.tsx";
import { RunTable } from "./run-table.tsx";
import { amount, rangeRemarks } from "./words.ts";

/** One range as a map of its addresses. */
export function RangeView({ number }: { number: number }): VNode {
  const answer = useAnswer(rangeResource(number));
  return (
    <>
      <ViewLink to={{ view: "ranges" }} class="back">
        <Icon name="back" />
        All ranges
      </ViewLink>
      <Answered answer={answer} what="range">
        {(value) => <Drawn map={value} number={number} />}
      </Answered>
    </>
  );
}

function Drawn({ map, number }: { map: RangeMapForm; number: number }): VNode {
  const { range, runs, more } = map;
  const remarks = rangeRemarks(range);
  const foldable = isFoldable(range.subnet);
  return (
    <>
      <div class="view-head">
        <h1>
          <Mono of={range.subnet} />
        </h1>
        <span class="said">
          of <Text of={range.network} max={60} />
        </span>
      </div>
      {remarks.map((remark) => (
        <p key={remark} class="difference">
          <ShapeSign shape="triangle" tone="warn" />
          <Text of={remark} />
        </p>
      ))}
      <Numbers map={map} />
      {more ? (
        <p class="notice calm">
          There are more addresses in use than one answer holds: those at the end are not drawn.
        </p>
      ) : null}
      {foldable ? <Grid map={map} number={number} /> : <RunTable range={range} runs={runs} />}
    </>
  );
}

function Numbers({ map: { range } }: { map: RangeMapForm }): VNode {
  const { first, last, gateway, size, inUse, free, excluded, lastReserved, directory, file } =
    range;
  return (
    <section class="card">
      <dl class="facts card-body">
        <Fact title="Addresses">
          <strong>{amount(inUse)}</strong> in use, {amount(free)} free, {amount(excluded)} excluded,
          of {amount(size)}
        </Fact>
        <Fact title="From, to">
          <Mono of={first} /> <span class="muted">to</span> <Mono of={last} />
        </Fact>
        <Fact title="Gateway">
          <Mono of={gateway} />
        </Fact>
        {lastReserved === undefined ? null : (
          <Fact title="Reserved last">
            <Mono of={lastReserved} />
          </Fact>
        )}
        <Fact title="Reservations in">
          <Mono of={directory} max={400} />
        </Fact>
        {file === undefined ? null : (
          <Fact title="Configured by">
            <Mono of={file} max={400} />
          </Fact>
        )}
      </dl>
    </section>
  );
}

function Grid({ map, number }: { map: RangeMapForm; number: number }): VNode {
  const page = usePage();
  const { subnet, network } = map.range;
  const asked = page.location.value.query["block"] ?? subnet;
  const inAsked = cellsOf(map, asked);
  const block = inAsked.length === 0 ? subnet : asked;
  const cells = inAsked.length === 0 ? cellsOf(map, subnet) : inAsked;
  const around = blockAround(block, subnet);
  const go = (to: string): void => {
    const query: Record<string, string> = to === subnet ? {} : { block: to };
    page.go({ view: "ranges", parts: [String(number)], query });
  };
  return (
    <section class="card" aria-labelledby="cells">
      <div class="card-head">
        <h2 id="cells">
          <Mono of={block} />
        </h2>
        {around === undefined ? null : (
          <button type="button" class="quiet" onClick={() => go(around)}>
            <Icon name="up" />
            {around}
          </button>
        )}
        <Legend cells={cells} />
      </div>
      <CellGrid cells={cells} network={network} open={go} key={block} />
    </section>
  );
}
