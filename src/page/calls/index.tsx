import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { CallGroupForm, CallsForm } from "../../forms/index.ts";
import { Answered, Empty } from "../parts/answered.tsx";
import { Command } from "../parts/copy.tsx";
import { Choice, NothingLeft } from "../parts/search.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { count } from "../words/text.ts";
import { CallView } from "./call.tsx";
import { Multiples } from "./multiples.tsx";
import { slowest, timedCalls } from "./stats.ts";
import { ErrorTable, GroupTable, StatsTable } from "./tables.tsx";

const SLOWEST = 12;
const NEWEST = 50;

/** What was recorded: how long it took, what failed; or one call, by its identity. */
export function CallsView(): VNode {
  const [id] = usePage().location.value.parts;
  return id === undefined ? <Overview /> : <CallView id={id} />;
}

function Overview(): VNode {
  const answer = useAnswer(RESOURCES.calls);
  const groups = answer.value?.groups ?? [];
  const networks = [...new Set(groups.map(({ network }) => network))].toSorted();
  const said = answer.value === undefined ? undefined : count(groups.length, "operation");
  return (
    <>
      <ViewHead title="Calls" said={said}>
        <Choice name="network" label="Network" values={networks} />
      </ViewHead>
      <Answered answer={answer} what="calls">
        {(value) => <Recorded value={value} />}
      </Answered>
    </>
  );
}

function Recorded({ value }: { value: CallsForm }): VNode {
  const network = usePage().location.value.query["network"] ?? "";
  const groups = useMemo(
    () => value.groups.filter((group) => network === "" || group.network === network),
    [value, network],
  );
  if (value.groups.length === 0) return <Nothing recording={value.recording} />;
  return (
    <>
      {value.recording ? null : <NotRecording />}
      {value.more ? (
        <p class="notice calm">
          The newest {count(value.groups.length, "operation")} are shown. <code>hawser trace</code>{" "}
          has older ones, too.
        </p>
      ) : null}
      {groups.length === 0 ? (
        <NothingLeft title="No call is of that network" />
      ) : (
        <Numbers groups={groups} />
      )}
    </>
  );
}

function Numbers({ groups }: { groups: readonly CallGroupForm[] }): VNode {
  const calls = useMemo(() => timedCalls(groups), [groups]);
  return (
    <>
      <Multiples calls={calls} />
      <StatsTable calls={calls} />
      <ErrorTable calls={calls} />
      <GroupTable title="The slowest" id="slowest" groups={slowest(groups, SLOWEST)} />
      <GroupTable title="The newest" id="newest" groups={groups.slice(0, NEWEST)} />
    </>
  );
}

function Nothing({ recording }: { recording: boolean }): VNode {
  if (recording) {
    return (
      <Empty title="No call has been made since recording began">
        The next one of a runtime stands here.
      </Empty>
    );
  }
  return (
    <Empty title="Calls are not recorded on this node">
      <p>For ten minutes they are, after:</p>
      <Command text="hawser trace on --for 10m" />
      <p>Each call costs a little more meanwhile; secrets are masked.</p>
    </Empty>
  );
}

function NotRecording(): VNode {
  return (
    <div class="notice calm">
      <p>Calls are not recorded any more: these are older ones. Recording begins again with:</p>
      <Command text="hawser trace on --for 10m" />
    </div>
  );
}
