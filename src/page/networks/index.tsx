import type { VNode } from "preact";
import { shellWord } from "../../base/index.ts";
import type { NetworkForm, NetworksForm } from "../../forms/index.ts";
import { Answered, Empty, Problems } from "../parts/answered.tsx";
import { Command } from "../parts/copy.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { ViewLink } from "../parts/link.tsx";
import { ShapeSign } from "../parts/shape.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { count } from "../words/text.ts";

/** The files that configure networks, in the order in which runtimes read them, as `hawser networks` says it. */
export function NetworksView(): VNode {
  const answer = useAnswer(RESOURCES.networks);
  const said =
    answer.value === undefined
      ? undefined
      : count(answer.value.networks.filter(({ error }) => error === undefined).length, "network");
  return (
    <>
      <ViewHead title="Networks" said={said} />
      <Answered answer={answer} what="networks">
        {(value) => <Listing value={value} />}
      </Answered>
    </>
  );
}

function Listing({ value }: { value: NetworksForm }): VNode {
  const { networks, problems } = value;
  return (
    <>
      <Problems of={problems} />
      {networks.length === 0 ? (
        <Empty title="No network is configured">
          <p>
            A file in the configuration directory makes one. What is wrong with a file is said by:
          </p>
          <Command text="hawser validate" />
        </Empty>
      ) : (
        <DataTable
          caption="Networks"
          columns={COLUMNS}
          rows={networks}
          keyOf={({ file, network }) => JSON.stringify([file, network])}
          stacks
        />
      )}
    </>
  );
}

const COLUMNS: readonly Column<NetworkForm>[] = [
  {
    title: "Network",
    cell: ({ network, error }) =>
      network === undefined ? (
        <span class="muted">passed over</span>
      ) : (
        <strong class={error === undefined ? undefined : "muted"}>
          <Text of={network} max={60} />
        </strong>
      ),
  },
  { title: "Plugins", cell: (network) => <Plugins network={network} /> },
  { title: "Attached", look: "number", cell: (network) => <Attached network={network} /> },
  {
    title: "File",
    look: "wide",
    cell: ({ file }) =>
      file === undefined ? <span class="muted">no file any more</span> : <Mono of={file} />,
  },
  {
    title: "Version",
    look: "wide",
    cell: ({ cniVersion }) => (cniVersion === undefined ? null : <Text of={cniVersion} />),
  },
];

function Plugins({ network }: { network: NetworkForm }): VNode {
  const { plugins = [], error, fleetSide, file } = network;
  return (
    <>
      <Mono of={plugins.map(({ type }) => type).join(" → ")} />
      {error === undefined ? null : (
        <>
          <div class="row-error">
            Error {error.code}: <Text of={error.msg} max={300} />
          </div>
          {file === undefined ? null : <Command text={`hawser validate ${shellWord(file)}`} />}
        </>
      )}
      {fleetSide === undefined ? null : (
        <div class="muted">
          of a fleet, by {fleetSide.overlay}; {count(fleetSide.blocks.length, "block")} here
        </div>
      )}
      {fleetSide?.waits === undefined ? null : (
        <div class="difference">
          <ShapeSign shape="triangle" tone="warn" />
          <span>
            An ADD has to wait: <Text of={fleetSide.waits} max={300} />
          </span>
        </div>
      )}
    </>
  );
}

function Attached({ network: of }: { network: NetworkForm }): VNode | null {
  const { network, attachedCount, unhealthyCount = 0 } = of;
  if (network === undefined || attachedCount === undefined) return null;
  return (
    <>
      <ViewLink
        to={{ view: "attachments", query: { network } }}
        label={`${count(attachedCount, "attachment")} of ${network}`}
      >
        {attachedCount.toLocaleString("en")}
      </ViewLink>
      {unhealthyCount === 0 ? null : (
        <div class="tone-warn">{unhealthyCount.toLocaleString("en")} not ok</div>
      )}
    </>
  );
}
