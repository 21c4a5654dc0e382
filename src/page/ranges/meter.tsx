import type { VNode } from "preact";
import type { RangeForm } from "../../forms/index.ts";

const WIDTH = 100;

/** How full a range is, as a bar: what leaked is set off from what is used. */
export function Meter({ range }: { range: RangeForm }): VNode {
  const { inUse, free, leaked } = range;
  const whole = Math.max(1, inUse + free);
  const gone = Math.min(inUse, leaked.length);
  const [used, lost] = [inUse - gone, gone].map((part) => (part / whole) * WIDTH);
  return (
    <svg class="range-meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="ground" width={WIDTH} height={8} />
      <rect class="in-use" width={used} height={8} />
      <rect class="leaked" x={used} width={lost} height={8} />
    </svg>
  );
}
