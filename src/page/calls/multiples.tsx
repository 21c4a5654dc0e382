import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useMedia } from "../parts/media.ts";
import { Text } from "../parts/text.tsx";
import { usePage } from "../state/use-page.ts";
import { duration, fullTime } from "../words/time.ts";
import type { Chart } from "./chart.ts";
import { type Points, pointsByPlugin, type TimedCall } from "./stats.ts";

/** Latency over time, a small chart for each plugin; all have the same times. */
export function Multiples({ calls }: { calls: readonly TimedCall[] }): VNode | null {
  const all = pointsByPlugin(calls);
  if (all.length === 0) return null;
  const times = all.flatMap((points) => points.times);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  // A single call stands in the middle of a minute.
  const margin = Math.max(30, (to - from) * 0.03);
  return (
    <section class="card" aria-labelledby="latency">
      <div class="card-head">
        <h2 id="latency">Latency over time</h2>
        <span class="legend">
          <Sign shape="disc" /> ADD
          <Sign shape="square" /> DEL
        </span>
      </div>
      <div class="multiples">
        {all.map((points) => (
          <Multiple key={points.plugin} points={points} from={from - margin} to={to + margin} />
        ))}
      </div>
    </section>
  );
}

function Sign({ shape }: { shape: "disc" | "square" }): VNode {
  return (
    <svg class={`point ${shape}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {shape === "disc" ? (
        <circle cx="6" cy="6" r="4" />
      ) : (
        <rect x="2.5" y="2.5" width="7" height="7" />
      )}
    </svg>
  );
}

function Multiple({ points, from, to }: { points: Points; from: number; to: number }): VNode {
  const page = usePage();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);
  const theme = page.theme.chosen.value;
  const isSystemDark = useMedia("(prefers-color-scheme: dark)");
  // The theme, and the system's, are among what it goes by: a chart has its colours from the style of the moment.
  useEffect(() => {
    let isGone = false;
    const { current } = holder;
    if (current === null) return undefined;
    void import("./chart.ts").then(({ chartIn }) => {
      if (isGone) return;
      chart.current = chartIn(current, [from, to]);
      chart.current.draw(points);
    });
    return () => {
      isGone = true;
      chart.current?.remove();
      chart.current = undefined;
    };
  }, [points, from, to, theme, isSystemDark]);
  return (
    <figure class="multiple">
      <figcaption>
        <strong>
          <Text of={points.plugin} max={40} />
        </strong>
        <span class="muted">longest {duration(points.longest)}</span>
      </figcaption>
      <div
        ref={holder}
        class="chart"
        role="img"
        aria-label={`${points.times.length} calls from ${fullTime(from * 1000)} to ${fullTime(to * 1000)}; the table below has the numbers`}
      />
    </figure>
  );
}
