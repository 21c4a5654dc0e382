import type { VNode } from "preact";
import type { Shape } from "../words/states.ts";

/** Each shape as a path in a box of 16 by 16. */
const PATHS: Readonly<Record<Shape, string>> = {
  disc: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z",
  triangle: "M8 1.8L15 14H1z",
  ring: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12zm0 2.6a3.4 3.4 0 1 1 0 6.8a3.4 3.4 0 1 1 0-6.8z",
  diamond: "M8 1l7 7l-7 7l-7-7z",
  half: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12zm0 1.8v8.4a4.2 4.2 0 0 1 0-8.4z",
  question:
    "M8 1.5a4 4 0 0 0-4 3.7h2.4A1.7 1.7 0 1 1 8 7.2c-.7 0-1.2.6-1.2 1.3v2h2.4V9.3A4 4 0 0 0 8 1.5zM6.7 12h2.6v2.5H6.7z",
  square: "M3 3h10v10H3z",
  cross:
    "M3.4 1.6L8 6.2l4.6-4.6l1.8 1.8L9.8 8l4.6 4.6l-1.8 1.8L8 9.8l-4.6 4.6l-1.8-1.8L6.2 8L1.6 3.4z",
  dash: "M2.5 7h11v2h-11z",
};

/** A sign beside a word; it says nothing by itself. */
export function ShapeSign({ shape, tone }: { shape: Shape; tone: string }): VNode {
  return (
    <svg class={`sign tone-${tone}`} viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d={PATHS[shape]} fill-rule="evenodd" />
    </svg>
  );
}
