import { init } from "echarts";
import type { Plot } from "./outcome.ts";

const SIZE = { width: 760, height: 460 };
const FONT = { fontFamily: "sans-serif", fontSize: 12 };
/** Distinct for readers with a colour vision deficiency, too. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/** One name a line: how wide a text is can only be guessed where no browser draws it. */
const LEGEND_LINE = 20;

/** Draws a plot as SVG; costs on a logarithmic scale, so that all contenders find a place. */
export function draw({ title, x, y, lines }: Plot): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...SIZE });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      color: COLOURS,
      textStyle: FONT,
      title: { text: title, left: "center", textStyle: { ...FONT, fontSize: 15 } },
      legend: { orient: "vertical", left: 56, bottom: 4, itemGap: 6, textStyle: FONT },
      grid: { left: 64, right: 32, top: 56, bottom: 64 + LEGEND_LINE * lines.length },
      xAxis: { type: "value", name: x, nameLocation: "middle", nameGap: 30 },
      yAxis: { type: "log", name: y, min: (value: { min: number }) => floor(value.min) },
      series: lines.map(({ name, points }) => ({
        type: "line",
        name,
        data: points.map((point) => [...point]),
        symbolSize: 7,
      })),
    });
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

/** The power of ten below a value. */
function floor(value: number): number {
  return 10 ** Math.floor(Math.log10(value));
}
