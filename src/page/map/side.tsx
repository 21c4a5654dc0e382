import type { VNode } from "preact";
import { bareAddress } from "../../base/index.ts";
import type { MapForm, MapNodeForm } from "../../forms/index.ts";
import { Fact } from "../parts/fact.tsx";
import { Icon } from "../parts/icon.tsx";
import { AttachmentLink } from "../parts/link.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { usePage } from "../state/use-page.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
import { LEADS_MAX, type Lead, Leads, Rest } from "./leads.tsx";
import type { Chosen } from "./model.ts";
import { Path } from "./path.tsx";
import { KIND_WORDS } from "./words.ts";

export interface SideProps {
  readonly map: MapForm;
  readonly chosen: Chosen;
  /** Brings a node of the map into view. */
  readonly onShow: (id: string) => void;
}

/** What is chosen, in words: its facts, or the way of its packet. */
export function Side({ map, chosen, onShow }: SideProps): VNode | null {
  const page = usePage();
  const { node, path } = chosen;
  if (node === undefined && path === undefined) {
    if (page.selection.value === undefined) return null;
    return (
      <Panel title="Not there">
        <p>What was chosen is not on this node any more.</p>
      </Panel>
    );
  }
  return (
    <Panel title={node === undefined ? `The way of ${path?.asked ?? ""}` : node.label}>
      {node === undefined ? null : <Facts map={map} node={node} />}
      {path === undefined ? null : <Path path={path} map={map} onShow={onShow} />}
    </Panel>
  );
}

function Panel(props: { title: string; children: VNode | (VNode | null)[] }): VNode {
  const page = usePage();
  return (
    <aside class="card map-side" aria-label="What is chosen">
      <div class="card-head">
        <h2>
          <Text of={props.title} max={80} />
        </h2>
        <button
          type="button"
          class="quiet"
          aria-label="Close"
          onClick={() => page.select(undefined)}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="card-body" aria-live="polite">
        {props.children}
      </div>
    </aside>
  );
}

function Facts({ map, node }: { map: MapForm; node: MapNodeForm }): VNode {
  const { kind, state, faults, addresses, attachments, network, lines } = node;
  const isSender = kind === "namespace" || kind === "fleet-node";
  return (
    <>
      <p class="map-what">
        {KIND_WORDS[kind]} <StateWord state={ATTACHMENT_STATES[state]} />
      </p>
      {faults.map((fault) => (
        <p key={fault} class="notice warn">
          <Text of={fault} max={400} />
        </p>
      ))}
      <dl class="map-facts">
        {network === undefined ? null : (
          <Fact title="Network">
            <Text of={network} />
          </Fact>
        )}
        {kind === "namespace" || lines.length === 0 ? null : (
          <Fact title="Is">
            <Mono of={lines.join(" · ")} />
          </Fact>
        )}
        <Leads
          title="Addresses"
          what="The way of its packets"
          to={isSender ? addresses.map(addressLead) : []}
        />
        <Leads title="Ports of the host" to={leadingTo(map, node, "maps").map(portLead)} />
        <Leads title="Other end on the host" to={leadingTo(map, node, "pair").map(nodeLead)} />
        {attachments.length === 0 ? null : (
          <Fact title={attachments.length === 1 ? "Attachment" : "Attachments"}>
            <ul>
              {attachments.slice(0, LEADS_MAX).map((name) => (
                <li key={JSON.stringify([name.network, name.containerId, name.ifName])}>
                  <AttachmentLink name={name} /> <Mono of={name.ifName} max={20} />{" "}
                  <Text of={name.network} max={40} />
                </li>
              ))}
              <Rest of={attachments} />
            </ul>
          </Fact>
        )}
      </dl>
    </>
  );
}

function addressLead({ address, ifName = "" }: MapNodeForm["addresses"][number]): Lead {
  return {
    text: `${ifName} ${address}`.trim(),
    to: { kind: "address", address: bareAddress(address) },
  };
}

function portLead({ id, label, lines: [to = ""] }: MapNodeForm): Lead {
  return { text: `${label} → ${to}`, to: { kind: "node", id } };
}

function nodeLead({ id, label }: MapNodeForm): Lead {
  return { text: label, to: { kind: "node", id } };
}

/** What leads to a node by edges of a kind. */
function leadingTo(map: MapForm, node: MapNodeForm, kind: "maps" | "pair"): MapNodeForm[] {
  const ids = new Set(
    map.edges.flatMap((edge) => (edge.kind === kind && edge.to === node.id ? [edge.from] : [])),
  );
  return map.nodes.filter(({ id }) => ids.has(id));
}
