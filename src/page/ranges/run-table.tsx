import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { AddressRunForm, RangeForm } from "../../forms/index.ts";
import { AttachmentLink } from "../parts/link.tsx";
import { useRoving } from "../parts/roving.ts";
import { SCROLLS } from "../parts/scrolls.ts";
import { StateWord } from "../parts/state-word.tsx";
import { Mono } from "../parts/text.tsx";
import { ADDRESS_USES } from "../words/states.ts";

/** A range that is too wide to be drawn, as those of IPv6: by what is used of it. */
export function RunTable(props: { range: RangeForm; runs: readonly AddressRunForm[] }): VNode {
  const { range, runs } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  useRoving(body);
  return (
    <section class="card" aria-labelledby="runs">
      <div class="card-head">
        <h2 id="runs">What is used of it</h2>
        <span class="muted">all others are free</span>
      </div>
      <div class="table" {...SCROLLS}>
        <table>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Use</th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody ref={body}>
            {runs.map((run) => (
              <tr key={run.first}>
                <th scope="row">
                  <Mono of={run.first} />
                  {run.last === run.first ? null : (
                    <>
                      {" "}
                      <span class="muted">to</span> <Mono of={run.last} />
                    </>
                  )}
                </th>
                <td>
                  <StateWord state={ADDRESS_USES[run.use]} />
                </td>
                <td>{run.containerId === undefined ? null : <Owner run={run} range={range} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Owner({ run, range }: { run: AddressRunForm; range: RangeForm }): VNode {
  const { containerId, ifName, pod } = run;
  const named = pod === undefined ? {} : { pod: { name: pod } };
  const known = {
    ...(containerId === undefined ? {} : { containerId }),
    ...(ifName === undefined ? {} : { ifName }),
  };
  return <AttachmentLink name={{ network: range.network, ...known, ...named }} />;
}
