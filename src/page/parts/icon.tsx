import type { VNode } from "preact";

/** Drawings of one line in a box of 16 by 16; each stands beside a word, or its button is named. */
const PATHS = {
  map: "M8 2v4M8 6H3.5v3M8 6h4.5v3M2 9h3v4H2zM11 9h3v4h-3zM6.5 9h3v4h-3zM8 6v3",
  attachments: "M2.5 4h11M2.5 8h11M2.5 12h11",
  ranges: "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z",
  ports: "M2 8h8M7 4.5L10.5 8L7 11.5M13.5 2.5v11",
  rules: "M2 3h12l-4.5 5.5V13l-3-1.5v-3z",
  calls: "M2 13.5h12M3.5 11V8M6.5 11V4M9.5 11V6.5M12.5 11V2.5",
  doctor: "M8 3v10M3 8h10",
  networks:
    "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12M2 8h12M8 2c2 2 2.5 4 2.5 6S10 12 8 14M8 2C6 4 5.5 6 5.5 8S6 12 8 14",
  fleet: "M3 3h4v4H3zM9 9h4v4H9zM7 5h4v4M5 7v4h4",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M10.5 10.5L14 14",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  system: "M2.5 3h11v7.5h-11zM6 13.5h4",
  light:
    "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  dark: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  help: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.8-1.1 1.6M8 12.2v.6",
  up: "M4 9.5L8 5.5l4 4",
  down: "M4 6.5l4 4l4-4",
  back: "M10 3.5L5.5 8L10 12.5",
  whole: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} fill="none" stroke="currentColor" />
    </svg>
  );
}
