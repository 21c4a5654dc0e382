import type { VNode } from "preact";
import type { MapForm, MapNodeForm } from "../../forms/index.ts";
import { Icon } from "../parts/icon.tsx";
import { AttachmentLink } from "../parts/link.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { usePage } from "../state/use-page.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
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
  const page = usePage();
  const { kind, state, faults, addresses, attachments, network, lines } = node;
  const ports = leadingTo(map, node, "maps");
  const links = leadingTo(map, node, "pair");
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
        {network === undefined ? null : <Fact title="Network">{<Text of={network} />}</Fact>}
        {kind === "namespace" || lines.length === 0 ? null : (
          <Fact title="Is">{<Mono of={lines.join(" · ")} />}</Fact>
        )}
        {addresses.length === 0 || !isSender ? null : (
          <Fact title="Addresses">
            <ul>
              {addresses.slice(0, SHOWN).map(({ address, ifName = "" }) => (
                <li key={`${ifName} ${address}`}>
                  <button
                    type="button"
                    class="quiet mono"
                    title="The way of its packets"
                    onClick={() => page.select({ kind: "address", address: bare(address) })}
                  >
                    {`${ifName} ${address}`.trim()}
                  </button>
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {ports.length === 0 ? null : (
          <Fact title="Ports of the host">
            <ul>
              {ports.slice(0, SHOWN).map(({ id, label, lines: [to = ""] }) => (
                <li key={id}>
                  <button
                    type="button"
                    class="quiet mono"
                    onClick={() => page.select({ kind: "node", id })}
                  >
                    {label} → {to}
                  </button>
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {links.length === 0 ? null : (
          <Fact title="Other end on the host">
            <ul>
              {links.slice(0, SHOWN).map(({ id, label }) => (
                <li key={id}>
                  <button
                    type="button"
                    class="quiet mono"
                    onClick={() => page.select({ kind: "node", id })}
                  >
                    <Text of={label} max={40} />
                  </button>
                </li>
              ))}
            </ul>
          </Fact>
        )}
        {attachments.length === 0 ? null : (
          <Fact title={attachments.length === 1 ? "Attachment" : "Attachments"}>
            <ul>
              {attachments.slice(0, SHOWN).map((name) => (
                <li key={`${name.network} ${name.ifName}`}>
                  <AttachmentLink name={name} /> <Mono of={name.ifName} max={20} />{" "}
                  <Text of={name.network} max={40} />
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
    </>
  );
}

const SHOWN = 20;

function Fact(props: { title: string; children: VNode }): VNode {
  return (
    <div>
      <dt>{props.title}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** What leads to a node by edges of a kind. */
function leadingTo(map: MapForm, node: MapNodeForm, kind: "maps" | "pair"): MapNodeForm[] {
  const ids = new Set(
    map.edges.flatMap((edge) => (edge.kind === kind && edge.to === node.id ? [edge.from] : [])),
  );
  return map.nodes.filter(({ id }) => ids.has(id));
}

function bare(address: string): string {
  return address.split("/", 1)[0] ?? address;
}
