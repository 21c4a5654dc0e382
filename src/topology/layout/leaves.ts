/** What is drawn of a container that has several attachments: a leaf for each, where that one hangs. */
import { bareAddress } from "../../base/index.ts";
import type { MapAttachmentForm, MapEdgeForm, MapForm, MapNodeForm } from "../../forms/index.ts";

/** A map in which each container has one attachment, and how that belongs to the map that it was made of. */
export interface Leaves {
  readonly map: MapForm;
  /** The leaves of a node; of a node that has one place alone, itself. */
  readonly of: (id: string) => readonly string[];
  /** The node that a leaf is of. */
  readonly ownerOf: (id: string) => string;
}

/** The leaves of each container that has several, by its identity. */
type Splits = ReadonlyMap<string, readonly MapNodeForm[]>;

/**
 * A container is drawn in each of its networks, with the interface that is there, the state of that attachment
 * alone, and words that name the others: so a network has as many containers as its counts say.
 */
export function leavesOf(map: MapForm): Leaves {
  const several = map.nodes.filter(
    ({ kind, attachments }) => kind === "namespace" && attachments.length > 1,
  );
  if (several.length === 0) return { map, of: (id) => [id], ownerOf: (id) => id };
  const stands = standsOf(map, new Set(several.map(({ id }) => id)));
  const splits: Splits = new Map(several.map((node) => [node.id, leavesOfNode(node, stands)]));
  const owners = new Map(
    [...splits].flatMap(([id, leaves]) => leaves.map((leaf) => [leaf.id, id])),
  );
  const byId = new Map(map.nodes.map((node) => [node.id, node]));
  return {
    map: {
      nodes: map.nodes.flatMap((node) => splits.get(node.id) ?? node),
      edges: map.edges.map((edge) => movedEdge(edge, splits, byId)),
      groups: map.groups.map((group) => ({
        ...group,
        nodes: group.nodes.flatMap((id) => {
          const leaves = splits.get(id)?.filter(({ network }) => network === group.network);
          return leaves?.map((leaf) => leaf.id) ?? id;
        }),
      })),
    },
    of: (id) => splits.get(id)?.map((leaf) => leaf.id) ?? [id],
    ownerOf: (id) => owners.get(id) ?? id,
  };
}

/** What interfaces of these containers stand on, in words: by container and interface. */
function standsOf({ nodes, edges }: MapForm, ids: ReadonlySet<string>): Map<string, string> {
  const labels = new Map(nodes.map(({ id, label }) => [id, label]));
  const stands = new Map<string, string>();
  for (const { kind, from, to, label, ifName = "" } of edges) {
    if (kind !== "on" || !ids.has(from)) continue;
    const what = label.slice(ifName.length).trim();
    stands.set(`${from}\0${ifName}`, `${what} on ${labels.get(to) ?? ""}`.trim());
  }
  return stands;
}

function leavesOfNode(node: MapNodeForm, stands: ReadonlyMap<string, string>): MapNodeForm[] {
  return node.attachments.map((one): MapNodeForm => {
    const { network, ifName, state = node.state, faults = [] } = one;
    const addresses = node.addresses.filter((each) => each.ifName === ifName);
    const line = [ifName, ...addresses.map(({ address }) => address)];
    const stand = stands.get(`${node.id}\0${ifName}`);
    const also = alsoText(node.attachments.filter((other) => other !== one));
    return {
      ...{ ...node, id: `${node.id} ${network} ${ifName}`, network, state, faults, addresses },
      lines: [line.join(" ").trim(), also, ...(stand === undefined ? [] : [stand])],
      attachments: [one],
    };
  });
}

/** `also net1 on data` */
function alsoText(others: readonly MapAttachmentForm[]): string {
  return `also ${others.map(({ ifName, network }) => `${ifName} on ${network}`).join(", ")}`;
}

/** The edge leads to the leaf whose interface it is about; a port to that of its address. */
function movedEdge(
  edge: MapEdgeForm,
  splits: Splits,
  byId: ReadonlyMap<string, MapNodeForm>,
): MapEdgeForm {
  const [from, to] = [splits.get(edge.from), splits.get(edge.to)];
  if (from === undefined && to === undefined) return edge;
  const port = edge.kind === "maps" ? byId.get(edge.from) : undefined;
  const end = (leaves: readonly MapNodeForm[] | undefined, id: string): string =>
    leaves === undefined ? id : (leafFor(leaves, edge, port)?.id ?? id);
  return { ...edge, from: end(from, edge.from), to: end(to, edge.to) };
}

function leafFor(
  leaves: readonly MapNodeForm[],
  { ifName }: MapEdgeForm,
  port: MapNodeForm | undefined,
): MapNodeForm | undefined {
  const wanted = port?.attachments[0] ?? (ifName === undefined ? undefined : { ifName });
  const target = port?.port?.address;
  const isWanted = ({ attachments: [own] }: MapNodeForm): boolean =>
    own?.ifName === wanted?.ifName &&
    (wanted === undefined || !("network" in wanted) || wanted.network === own?.network);
  const hasTarget = ({ addresses }: MapNodeForm): boolean =>
    addresses.some(({ address }) => bareAddress(address) === target);
  return leaves.find(isWanted) ?? leaves.find(hasTarget) ?? leaves[0];
}
