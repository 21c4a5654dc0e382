import uPlot from "uplot";
import { axisTime } from "../words/time.ts";
import type { Points } from "./stats.ts";

/** Loaded when there is something to draw, so that the other views do not wait for it. */

const HEIGHT = 150;
const POINT_SIZE = 6;

export interface Chart {
  /** Draws anew: with other points, or in other colours. */
  readonly draw: (points: Points) => void;
  readonly remove: () => void;
}

/** The latencies of one plugin over time: ADD as discs, DEL as squares. */
export function chartIn(holder: HTMLElement, range: readonly [number, number]): Chart {
  let chart: uPlot | undefined;
  let drawn: Points | undefined;
  const draw = (points: Points): void => {
    drawn = points;
    chart?.destroy();
    chart = new uPlot(optionsOf(holder, range), dataOf(points), holder);
  };
  const resized = new ResizeObserver(() => {
    const width = holder.clientWidth;
    if (chart !== undefined && drawn !== undefined && width > 0 && width !== chart.width) {
      chart.setSize({ width, height: HEIGHT });
    }
  });
  resized.observe(holder);
  return {
    draw,
    remove: () => {
      resized.disconnect();
      chart?.destroy();
    },
  };
}

function dataOf({ times, adds, dels }: Points): uPlot.AlignedData {
  return [[...times], [...adds], [...dels]];
}

function optionsOf(holder: HTMLElement, [from, to]: readonly [number, number]): uPlot.Options {
  const colour = (token: string): string => colourIn(holder, token);
  const [ink, line] = [colour("--muted"), colour("--line")];
  const axis: uPlot.Axis = {
    ...{ stroke: ink, font: "11px system-ui, sans-serif", size: 26 },
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1, size: 4 },
  };
  return {
    ...{ width: Math.max(200, holder.clientWidth), height: HEIGHT },
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 10, 0, 0],
    scales: {
      x: { time: true, range: () => [from, to] },
      y: { range: (_, __, most) => [0, Math.max(1, (most ?? 1) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        space: 84,
        values: (_, times) => times.map((time) => axisTime(time * 1000, (to - from) * 1000)),
      },
      {
        ...axis,
        size: 58,
        values: (_, values) => values.map((value) => `${value} ms`),
      },
    ],
    series: [
      {},
      seriesOf("ADD", colour("--accent"), colour("--accent"), "disc"),
      seriesOf("DEL", colour("--rope"), colour("--surface"), "square"),
    ],
  };
}

/** A token names the colours for light and for dark: an element that has it has the one that is meant now. */
function colourIn(holder: HTMLElement, token: string): string {
  holder.style.color = `var(${token})`;
  const { color } = getComputedStyle(holder);
  holder.style.removeProperty("color");
  return color;
}

function seriesOf(
  label: string,
  stroke: string,
  fill: string,
  shape: "disc" | "square",
): uPlot.Series {
  const draw = (chart: uPlot, index: number): boolean => {
    drawPoints(chart, index, { stroke, fill, shape });
    return false;
  };
  return { label, stroke, paths: () => null, points: { show: draw } };
}

/** Points of a shape of their own: colour alone would not tell the two operations apart. */
function drawPoints(
  { ctx, data, valToPos }: uPlot,
  index: number,
  look: { stroke: string; fill: string; shape: "disc" | "square" },
): void {
  const [times = []] = data;
  const values = data[index] ?? [];
  const size = POINT_SIZE * devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = look.stroke;
  ctx.fillStyle = look.fill;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const [at, value] of values.entries()) {
    const time = times[at];
    if (value === null || value === undefined || time === undefined) continue;
    const [x, y] = [valToPos(time, "x", true), valToPos(value, "y", true)];
    ctx.beginPath();
    if (look.shape === "disc") ctx.arc(x, y, size / 2, 0, 2 * Math.PI);
    else ctx.rect(x - size / 2, y - size / 2, size, size);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
