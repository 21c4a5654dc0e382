/** What is written where on the drawing: the same on the page and in a file. */
import type { MapNodeForm } from "../../forms/index.ts";
import { fit } from "../text/index.ts";
import type { NodePlace } from "./shape.ts";

export interface Writing {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly as: "label" | "line" | "chip" | "word";
}

/** The widths of letters are not known where nothing is drawn: these are somewhat wide. */
const LABEL_PX = 7.2;
const LINE_PX = 6.7;
const DENSE_PX = 6.2;
const SIGN = 20;

export function writingsOf(node: MapNodeForm, place: NodePlace): Writing[] {
  const { x, y, width, as, density } = place;
  if (as === "chip") return chip(node, place);
  if (as === "plug" || as === "folded") return [];
  // The sign of a state that is not well stands in the upper right corner, its word beside it.
  const isWell = node.state === "ok";
  if (density === "dense") return dense(node, place, isWell ? 0 : SIGN);
  const word = Math.ceil(node.state.length * LINE_PX);
  const sign = isWell ? 0 : SIGN + word;
  const columns = Math.floor((width - 24 - sign) / LABEL_PX);
  const lineColumns = Math.floor((width - 24) / LINE_PX);
  const lines = as === "box" ? node.lines.slice(0, 2) : node.lines.slice(0, 1);
  return [
    { x: x + 12, y: y + 23, text: fit(node.label, columns), as: "label" },
    ...(isWell
      ? []
      : [{ x: x + width - SIGN - 4 - word, y: y + 17, text: node.state, as: "word" as const }]),
    ...lines.map((text, at): Writing => {
      return { x: x + 12, y: y + 41 + at * 15, text: fit(text, lineColumns), as: "line" };
    }),
  ];
}

function dense(node: MapNodeForm, { x, y, width }: NodePlace, sign: number): Writing[] {
  const columns = Math.floor((width - 16 - 50 - sign) / DENSE_PX);
  return [{ x: x + 10, y: y + 17, text: fit(node.label, columns), as: "label" }];
}

function chip({ port, label }: MapNodeForm, { x, y, width }: NodePlace): Writing[] {
  const text =
    port === undefined
      ? label
      : `:${port.hostPort}${port.protocol === "tcp" ? "" : ` ${port.protocol}`}`;
  return [{ x: x + 6, y: y + 13, text: fit(text, Math.floor((width - 8) / DENSE_PX)), as: "chip" }];
}
