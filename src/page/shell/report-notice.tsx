import type { VNode } from "preact";
import { FullTime } from "../parts/time.tsx";
import { SnapshotSource } from "../source/snapshot.ts";
import { usePage } from "../state/use-page.ts";

/** Above every view of a report: of when it is, and what it does not show. */
export function ReportNotice(): VNode | null {
  const { source } = usePage();
  if (!(source instanceof SnapshotSource)) return null;
  const { made, maskedAddresses = false, leftOut = {} } = source.words;
  const missing = Object.entries(leftOut).map(([kind, count]) => `${count} of ${kind}`);
  return (
    <div class="notice" role="note">
      <p>
        <strong>A report</strong>
        {made === undefined ? null : (
          <>
            {" "}
            of <FullTime of={made} />
          </>
        )}
        : it does not change.
        {maskedAddresses ? " Its addresses stand in for others." : null}
        {missing.length > 0
          ? ` It would be too large with all: ${missing.join(", ")} are left out.`
          : null}
      </p>
    </div>
  );
}
