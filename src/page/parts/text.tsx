import type { ComponentChildren, VNode } from "preact";
import { SHOWN_MAX, shown } from "../words/text.ts";

/** A text that others have chosen: apart from the direction of the text around it, bounded, never markup. */
export function Text({ of: text, max = SHOWN_MAX }: { of: string; max?: number }): VNode {
  const short = shown(text, max);
  return short === text ? <bdi>{short}</bdi> : <bdi title={shown(text, 2000)}>{short}</bdi>;
}

/** The same in letters of one width: names of links, addresses, paths. */
export function Mono({ of: text, max = SHOWN_MAX }: { of: string; max?: number }): VNode {
  const short = shown(text, max);
  return (
    <span class="mono">
      <bdi title={short === text ? undefined : shown(text, 2000)}>{breakable(short)}</bdi>
    </span>
  );
}

/** So long is an IPv4 address with a prefix: it stays on one line. */
const UNBROKEN_MAX = 18;

/** With places where a line may end: an IPv6 address and a path are read by their parts. */
function breakable(text: string): ComponentChildren {
  if (text.length <= UNBROKEN_MAX) return text;
  // Not before the length of a prefix.
  const parts = text.split(/(?<=[:/])(?=[^:/])(?!\d+$)/u);
  return parts.flatMap((part, at) => (at === 0 ? [part] : [<wbr key={at} />, part]));
}
