import type { VNode } from "preact";
import type { FleetForm, FleetNodeForm, FleetSubnetForm, TunnelForm } from "../../forms/index.ts";
import { Answered, Empty, Problems } from "../parts/answered.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Fact } from "../parts/fact.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer } from "../state/use-page.ts";
import { FLEET_NODE_STATES } from "../words/states.ts";
import { count } from "../words/text.ts";
import { span } from "../words/time.ts";
import { Blocks } from "./blocks.tsx";

/** The fleets that this node takes part in, as the store and this node have them. */
export function FleetView(): VNode {
  const answer = useAnswer(RESOURCES.fleet);
  return (
    <>
      <ViewHead title="Fleet" />
      <Answered answer={answer} what="fleets">
        {({ fleets, problems }) => (
          <>
            <Problems of={problems} />
            {fleets.length === 0 ? (
              <Empty title="This node is of no fleet">
                A network whose addresses come from the plugin cluster makes it one.
              </Empty>
            ) : (
              fleets.map((fleet) => <Fleet key={fleet.network} fleet={fleet} />)
            )}
          </>
        )}
      </Answered>
    </>
  );
}

function Fleet({ fleet }: { fleet: FleetForm }): VNode {
  const { network, overlay, side, halt, away, nodes, subnets, blocks, tunnels } = fleet;
  return (
    <section class="fleet" aria-label={`Fleet of ${network}`}>
      <div class="view-head">
        <h2>
          <Text of={network} max={60} />
        </h2>
        <span class="said">
          {overlay === "none" ? "no overlay" : `by ${overlay}`}
          {side.node === undefined ? "" : `, this node is ${side.node}`}
        </span>
      </div>
      {halt === undefined ? null : (
        <div class="notice bad" role="alert">
          <p>
            <strong>The fleet is halted</strong> by <Text of={halt.by} />:{" "}
            <Text of={halt.reason} max={500} />. No block changes its owner until an administrator
            says so.
          </p>
        </div>
      )}
      {away === undefined ? null : (
        <div class="notice warn" role="alert">
          <p>
            <strong>The store does not answer</strong>: <Text of={away} max={500} />. What this node
            holds goes on being used.
          </p>
        </div>
      )}
      {side.waits === undefined ? null : (
        <div class="notice warn">
          <p>
            An ADD on this node has to wait: <Text of={side.waits} max={500} />
          </p>
        </div>
      )}
      <Side fleet={fleet} />
      {nodes === undefined ? null : (
        <DataTable caption="Nodes" columns={NODES} rows={nodes} keyOf={({ node }) => node} />
      )}
      {subnets === undefined || blocks === undefined ? null : (
        <>
          <DataTable
            caption="Subnets"
            columns={SUBNETS}
            rows={subnets}
            keyOf={({ subnet }) => subnet}
          />
          <Blocks blocks={blocks} own={side.node} />
        </>
      )}
      {tunnels.length === 0 ? null : (
        <DataTable
          caption="Ways to other nodes"
          columns={TUNNELS}
          rows={tunnels}
          keyOf={({ node, underlay, device }) => JSON.stringify([node, underlay, device])}
        />
      )}
    </section>
  );
}

function Side({ fleet: { side } }: { fleet: FleetForm }): VNode {
  return (
    <dl class="facts">
      <Fact title="This node may use">
        {side.blocks.length === 0 ? (
          <span class="muted">nothing</span>
        ) : (
          side.blocks.map((block) => (
            <div key={block}>
              <Mono of={block} />
            </div>
          ))
        )}
      </Fact>
    </dl>
  );
}

const NODES: readonly Column<FleetNodeForm>[] = [
  { title: "Node", cell: ({ node }) => <Text of={node} max={80} /> },
  {
    title: "State",
    cell: ({ state, deadMs }) => (
      <>
        <StateWord state={FLEET_NODE_STATES[state]} />
        {deadMs === undefined ? null : <span class="muted"> for {span(deadMs)}</span>}
      </>
    ),
  },
  {
    title: "Holds",
    cell: ({ holds }) => holds.map((prefix) => <Mono key={prefix} of={`${prefix} `} />),
  },
  {
    title: "Addresses",
    look: "number wide",
    cell: ({ addresses }) => addresses.toLocaleString("en"),
  },
  { title: "Underlay", look: "wide", cell: ({ underlay = "" }) => <Mono of={underlay} /> },
  { title: "Epoch", look: "number wide", cell: ({ epoch }) => epoch },
  { title: "Version", look: "wide", cell: ({ version = "" }) => <Text of={version} max={40} /> },
];

const SUBNETS: readonly Column<FleetSubnetForm>[] = [
  { title: "Subnet", cell: ({ subnet }) => <Mono of={subnet} /> },
  { title: "Held", look: "number", cell: ({ held }) => held.toLocaleString("en") },
  { title: "Resting", look: "number", cell: ({ resting }) => resting.toLocaleString("en") },
  { title: "Free", look: "number", cell: ({ free }) => free.toLocaleString("en") },
  {
    title: "Blocks used",
    look: "number wide",
    cell: ({ blocks, blockSize }) => `${count(blocks, "block")} of /${blockSize}`,
  },
];

const TUNNELS: readonly Column<TunnelForm>[] = [
  { title: "Way to", cell: ({ node }) => <Text of={node} max={80} /> },
  { title: "Underlay", cell: ({ underlay }) => <Mono of={underlay} /> },
  { title: "Device", look: "wide", cell: ({ device = "" }) => <Mono of={device} /> },
  {
    title: "Prefixes",
    cell: ({ prefixes }) => prefixes.map((prefix) => <Mono key={prefix} of={`${prefix} `} />),
  },
];
