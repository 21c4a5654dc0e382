import type {
  AttachmentForm,
  AttachmentStateForm,
  MapForm,
  MapGroupForm,
  MapNodeForm,
} from "../../forms/index.ts";
import { Draft } from "./draft.ts";
import type { MapFacts } from "./facts.ts";
import { addFleet } from "./fleet.ts";
import { addHost } from "./links.ts";
import { addNamespaces } from "./namespaces.ts";
import { addPorts } from "./ports.ts";

/** So many attachments a map has. A node has hundreds, and a reader is helped by no more. */
export const ATTACHMENTS_MAX = 5000;

/**
 * The node's network as a graph. It depends on nothing but the facts and their order, and takes time in
 * proportion to them.
 */
export function mapOf(facts: MapFacts): MapForm {
  const draft = new Draft();
  const shown = shownOf(facts.attachments);
  const drawn =
    shown.length < facts.attachments.length ? { ...facts, ...narrowed(facts, shown) } : facts;
  const links = addHost(draft, drawn);
  const namespaces = addNamespaces(draft, shown, facts, links);
  addPorts(draft, facts.ports ?? [], namespaces);
  for (const fleet of facts.fleets ?? []) addFleet(draft, fleet, links);
  const nodes = withBridges(draft.nodes);
  return { nodes, edges: draft.edges, groups: groupsOf(nodes, facts, shown) };
}

/** All, or as many as a map has: those with faults, then the first. */
function shownOf(all: readonly AttachmentForm[]): readonly AttachmentForm[] {
  if (all.length <= ATTACHMENTS_MAX) return all;
  const faulty = all.filter(({ state }) => state !== "ok").slice(0, ATTACHMENTS_MAX);
  const well = all.filter(({ state }) => state === "ok").slice(0, ATTACHMENTS_MAX - faulty.length);
  const chosen = new Set([...faulty, ...well]);
  return all.filter((one) => chosen.has(one));
}

/** Without the links of attachments that are not drawn. */
function narrowed(
  { attachments, links }: MapFacts,
  shown: readonly AttachmentForm[],
): Pick<MapFacts, "attachments" | "links"> {
  const kept = new Set(shown.flatMap(({ hostLink }) => hostLink?.name ?? []));
  const all = new Set(attachments.flatMap(({ hostLink }) => hostLink?.name ?? []));
  return {
    attachments: shown,
    links: links.filter(({ name }) => kept.has(name) || !all.has(name)),
  };
}

/** A bridge is of the network whose links alone are its ports. */
function withBridges(nodes: readonly MapNodeForm[]): MapNodeForm[] {
  const networks = new Map<string, string | undefined>();
  for (const { kind, link, network } of nodes) {
    if (kind !== "link" || link?.master === undefined || network === undefined) continue;
    const { master } = link;
    const isOne = !networks.has(master) || networks.get(master) === network;
    networks.set(master, isOne ? network : undefined);
  }
  return nodes.map((node) => {
    const network = node.kind === "bridge" ? networks.get(node.label) : undefined;
    return network === undefined ? node : { ...node, network };
  });
}

/** A container is in each network that it has an attachment of. */
function networksOf({ kind, network, attachments }: MapNodeForm): ReadonlySet<string> {
  const own = network === undefined ? [] : [network];
  const others = kind === "namespace" ? attachments.map((one) => one.network) : [];
  return new Set([...own, ...others]);
}

const NONE: Readonly<Record<AttachmentStateForm, number>> = {
  ...{ ok: 0, drift: 0, orphan: 0, leak: 0, unfinished: 0, unclear: 0 },
};

function groupsOf(
  nodes: readonly MapNodeForm[],
  { attachments, networks = [] }: MapFacts,
  shown: readonly AttachmentForm[],
): MapGroupForm[] {
  interface Group {
    readonly nodes: string[];
    readonly counts: Record<AttachmentStateForm, number>;
    hidden: number;
  }
  const groups = new Map<string, Group>();
  const groupOf = (network: string): Group => {
    const there = groups.get(network);
    if (there !== undefined) return there;
    const group: Group = { nodes: [], counts: { ...NONE }, hidden: 0 };
    groups.set(network, group);
    return group;
  };
  for (const { network } of networks) if (network !== undefined) groupOf(network);
  for (const { network, state } of attachments) {
    const group = groupOf(network);
    group.counts[state] += 1;
    group.hidden += 1;
  }
  for (const { network } of shown) groupOf(network).hidden -= 1;
  for (const node of nodes) {
    for (const network of networksOf(node)) groupOf(network).nodes.push(node.id);
  }
  return [...groups]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([network, group]) => ({ network, ...group }));
}
