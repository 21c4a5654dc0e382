import type { VNode } from "preact";
import { SHOWN_MAX, shown } from "../words/text.ts";

/** A text that others have chosen: apart from the direction of the text around it, bounded, never markup. */
export function Text({ of: text, max = SHOWN_MAX }: { of: string; max?: number }): VNode {
  const short = shown(text, max);
  return short === text ? <bdi>{short}</bdi> : <bdi title={shown(text, 2000)}>{short}</bdi>;
}

/** The same in letters of one width: names of links, addresses, paths. */
export function Mono({ of: text, max = SHOWN_MAX }: { of: string; max?: number }): VNode {
  return (
    <span class="mono">
      <Text of={text} max={max} />
    </span>
  );
}
