import type { VNode } from "preact";
import { usePage } from "../state/use-page.ts";
import { age, fullTime } from "../words/time.ts";

/** How long ago; the time itself, in the reader's zone, in its title. */
export function Age({ of: at }: { of: string | number }): VNode {
  const { now } = usePage();
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (!Number.isFinite(ms)) return <span class="muted">unknown</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={fullTime(ms)}>
      {age(ms, now.value)}
    </time>
  );
}

/** The time itself, in the reader's zone, and how long ago. */
export function FullTime({ of: at }: { of: string | number }): VNode {
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (!Number.isFinite(ms)) return <span class="muted">unknown</span>;
  return (
    <span>
      <time dateTime={new Date(ms).toISOString()}>{fullTime(ms)}</time>{" "}
      <span class="muted">
        (<Age of={ms} />)
      </span>
    </span>
  );
}
