import type { VNode } from "preact";
import { Problems } from "../parts/answered.tsx";
import { Command } from "../parts/copy.tsx";
import { FullTime } from "../parts/time.tsx";
import { RESOURCES } from "../source/resources.ts";
import type { Connection } from "../state/connection.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { span } from "../words/time.ts";
import { ReportNotice } from "./report-notice.tsx";

/** What is wrong with the page as a whole, above every view. */
export function Banner(): VNode {
  const { connection } = usePage();
  const problems = useAnswer(RESOURCES.node).value?.problems ?? [];
  const { value } = connection;
  return (
    <>
      <ReportNotice />
      {value.kind === "stale" ? <Stale connection={value} /> : null}
      {value.kind === "forbidden" ? <Forbidden /> : null}
      <Problems of={problems} />
    </>
  );
}

/** Some tries in vain: the program that served this page has most likely ended. */
const ENDED_AFTER = 3;

function Stale({ connection }: { connection: Extract<Connection, { kind: "stale" }> }): VNode {
  const page = usePage();
  const node = useAnswer(RESOURCES.node).value;
  const { since, failures, retryAt } = connection;
  const wait = Math.max(0, retryAt - page.now.value);
  return (
    <div class="notice warn" role="alert">
      <p>
        <strong>
          {node === undefined ? "Nothing answers." : "The connection to this node is gone"}
        </strong>
        {node === undefined ? null : (
          <>
            {" "}
            since <FullTime of={since} />. What you see is as it was then.
          </>
        )}{" "}
        It is tried again{wait > 0 ? ` in\u00a0${span(wait + 999).replace(" ", "\u00a0")}` : " now"}
        .
      </p>
      {failures < ENDED_AFTER ? null : (
        <>
          <p>
            Perhaps <code>hawser ui</code> has ended: it ends with its terminal, and each start has
            a new address. Start it again, and open what it prints:
          </p>
          <Command text="hawser ui" />
        </>
      )}
      <button type="button" onClick={() => page.retry()}>
        Try now
      </button>
    </div>
  );
}

function Forbidden(): VNode {
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>This address lacks the token, or its token is an old one.</strong> Each start of{" "}
        <code>hawser ui</code> makes a new one, which stands behind the <code>#</code> of the
        address that it prints. Open that address whole; if it is lost, start again:
      </p>
      <Command text="hawser ui" />
    </div>
  );
}
