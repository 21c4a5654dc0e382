import type { VNode } from "preact";
import type { PeriodForm } from "../../forms/index.ts";
import { SCROLLS } from "../parts/scrolls.ts";
import { Mono } from "../parts/text.tsx";
import { FullTime } from "../parts/time.tsx";

/** When it had which addresses, by the node's notes. */
export function History({ of: periods }: { of: readonly PeriodForm[] }): VNode | null {
  if (periods.length === 0) return null;
  return (
    <section class="card" aria-labelledby="history">
      <div class="card-head">
        <h2 id="history">History</h2>
      </div>
      <div class="table" {...SCROLLS}>
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Addresses</th>
            </tr>
          </thead>
          <tbody>
            {periods.toReversed().map((period) => (
              <tr key={`${period.from} ${period.to} ${period.netns}`}>
                <td>
                  {period.from === undefined ? (
                    <span class="muted">before the notes begin</span>
                  ) : (
                    <FullTime of={period.from} />
                  )}
                </td>
                <td>
                  {period.to === undefined ? (
                    <span class="muted">{period.present ? "now" : "went without a word"}</span>
                  ) : (
                    <FullTime of={period.to} />
                  )}
                </td>
                <td>
                  {period.addresses.map((address) => (
                    <div key={address}>
                      <Mono of={address} />
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
