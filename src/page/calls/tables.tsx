import type { VNode } from "preact";
import type { CallGroupForm } from "../../forms/index.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { AttachmentLink, ViewLink } from "../parts/link.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { Age } from "../parts/time.tsx";
import { CALL_ENDS } from "../words/states.ts";
import { duration } from "../words/time.ts";
import {
  type ErrorStats,
  errorStats,
  type PluginStats,
  pluginStats,
  type TimedCall,
} from "./stats.ts";

/** The numbers of what the charts draw. */
export function StatsTable({ calls }: { calls: readonly TimedCall[] }): VNode {
  const rows = pluginStats(calls);
  // What no row has takes no room.
  return (
    <section class="card" aria-labelledby="by-plugin">
      <div class="card-head">
        <h2 id="by-plugin">By plugin</h2>
      </div>
      <DataTable
        caption="Latency by plugin and operation"
        columns={
          rows.some(({ failed }) => failed > 0) ? STATS : STATS.filter((each) => each !== FAILED)
        }
        rows={rows}
        keyOf={({ plugin, operation }) => JSON.stringify([plugin, operation])}
      />
    </section>
  );
}

const FAILED: Column<PluginStats> = {
  title: "Failed",
  look: "number",
  cell: ({ failed }) => (failed === 0 ? "–" : failed),
};

const STATS: readonly Column<PluginStats>[] = [
  { title: "Plugin", look: "whole", cell: ({ plugin }) => <Text of={plugin} max={40} /> },
  { title: "Operation", cell: ({ operation }) => <Text of={operation} max={20} /> },
  { title: "Calls", look: "number", cell: (stats) => stats.count.toLocaleString("en") },
  FAILED,
  { title: "Median", look: "number", cell: ({ median }) => duration(median) },
  { title: "95 of 100", look: "number wide", cell: ({ p95 }) => duration(p95) },
  { title: "Longest", look: "number wide", cell: ({ max }) => duration(max) },
];

/** Errors by their codes. */
export function ErrorTable({ calls }: { calls: readonly TimedCall[] }): VNode {
  const rows = errorStats(calls);
  return (
    <section class="card" aria-labelledby="errors">
      <div class="card-head">
        <h2 id="errors">Errors by code</h2>
      </div>
      {rows.length === 0 ? (
        <p class="card-body muted">No call that is recorded has failed.</p>
      ) : (
        <DataTable
          caption="Errors by code"
          columns={ERRORS}
          rows={rows}
          keyOf={({ code }) => String(code)}
          stacks
        />
      )}
    </section>
  );
}

const ERRORS: readonly Column<ErrorStats>[] = [
  { title: "Code", cell: ({ code }) => code },
  { title: "Calls", look: "number", cell: (stats) => stats.count.toLocaleString("en") },
  { title: "By", cell: ({ plugins }) => <Mono of={plugins.join(", ")} /> },
  {
    title: "The newest says",
    cell: ({ msg, newest }) => (
      <ViewLink to={{ view: "calls", parts: [newest.group.id] }}>
        <Text of={msg} max={300} />
      </ViewLink>
    ),
  },
];

/** Groups of calls, each with a link to its waterfall. */
export function GroupTable(props: {
  title: string;
  id: string;
  groups: readonly CallGroupForm[];
}): VNode {
  const { title, id, groups } = props;
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
      </div>
      <DataTable
        caption={title}
        columns={GROUPS}
        rows={groups}
        keyOf={({ id: key }) => key}
        stacks
      />
    </section>
  );
}

const GROUPS: readonly Column<CallGroupForm>[] = [
  {
    title: "Operation",
    cell: (group) => (
      <a data-rove tabIndex={-1} href={`#/calls/${encodeURIComponent(group.id)}`}>
        <Text of={`${group.operation} ${group.network}`} max={60} />
      </a>
    ),
  },
  { title: "Time", look: "number", cell: ({ ms }) => duration(ms) },
  {
    title: "End",
    cell: ({ failed }) => <StateWord state={failed ? CALL_ENDS.failed : CALL_ENDS.done} />,
  },
  {
    title: "Attachment",
    look: "named",
    cell: (group) => <AttachmentLink name={group} />,
  },
  { title: "When", look: "wide", cell: ({ time }) => <Age of={time} /> },
  { title: "By", look: "wide", cell: ({ runtime = "" }) => <Text of={runtime} max={40} /> },
];
