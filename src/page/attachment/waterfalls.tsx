import type { VNode } from "preact";
import type { CallGroupForm } from "../../forms/index.ts";
import { WaterfallTable } from "../calls/waterfall-table.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Text } from "../parts/text.tsx";
import { FullTime } from "../parts/time.tsx";
import { CALL_ENDS } from "../words/states.ts";
import { duration } from "../words/time.ts";

/** So many are open from the beginning: the newest says most. */
const OPEN = 1;

/** What was recorded of it: each operation over time. */
export function Waterfalls({ of: groups }: { of: readonly CallGroupForm[] }): VNode {
  return (
    <section class="card" aria-labelledby="calls">
      <div class="card-head">
        <h2 id="calls">Calls</h2>
        <span class="muted">the newest first</span>
      </div>
      {groups.length === 0 ? (
        <p class="card-body muted">
          None was recorded. <code>hawser trace on</code> records the next ones.
        </p>
      ) : (
        groups.map((group, index) => (
          <details key={group.id} class="call-group" open={index < OPEN}>
            <summary>
              <strong>{group.operation}</strong>
              <span class="number">{duration(group.ms)}</span>
              <StateWord state={group.failed ? CALL_ENDS.failed : CALL_ENDS.done} />
              <FullTime of={group.time} />
              {group.runtime === undefined ? null : (
                <span class="muted">
                  by <Text of={group.runtime} max={40} />
                </span>
              )}
            </summary>
            <WaterfallTable of={group} />
          </details>
        ))
      )}
    </section>
  );
}
