import { addTo } from "../../base/index.ts";
import type { MapEdgeForm, MapForm, MapNodeForm } from "../../forms/index.ts";

/**
 * The part of a map that some of its nodes need: those themselves, and what they hang on, up to the outside. Frames
 * of networks that have nothing left go; their counts stay those of the whole network.
 */
export function narrowed(map: MapForm, isWanted: (node: MapNodeForm) => boolean): MapForm {
  const byId = new Map(map.nodes.map((node) => [node.id, node]));
  const links = linksOf(map.edges);
  const kept = new Set<string>();
  const open = map.nodes.filter(isWanted).map(({ id }) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = byId.get(id);
    if (node === undefined || kept.has(id)) continue;
    kept.add(id);
    open.push(...needsOf(node, links, byId));
  }
  return {
    nodes: map.nodes.filter(({ id }) => kept.has(id)),
    edges: map.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
    groups: map.groups
      .map((group) => ({ ...group, nodes: group.nodes.filter((id) => kept.has(id)) }))
      .filter(({ nodes }) => nodes.length > 0),
  };
}

/** Edges by each of their ends. */
interface Links {
  readonly from: ReadonlyMap<string, readonly MapEdgeForm[]>;
  readonly to: ReadonlyMap<string, readonly MapEdgeForm[]>;
}

function linksOf(edges: readonly MapEdgeForm[]): Links {
  const from = new Map<string, MapEdgeForm[]>();
  const to = new Map<string, MapEdgeForm[]>();
  for (const edge of edges) {
    addTo(from, edge.from, edge);
    addTo(to, edge.to, edge);
  }
  return { from, to };
}

/** What a node hangs on; of a container also what leads to it alone. */
function needsOf(
  { id, kind }: MapNodeForm,
  { from, to }: Links,
  byId: ReadonlyMap<string, MapNodeForm>,
): string[] {
  const up = (from.get(id) ?? []).flatMap((edge) => {
    // A port of the host leads on to a container; the host leads to all of them.
    const isUp = kind !== "outside" && kind !== "host" && edge.kind !== "routes";
    return isUp && edge.kind !== "tunnel" && (edge.kind !== "pair" || kind === "link")
      ? [edge.to]
      : [];
  });
  const down = (to.get(id) ?? []).flatMap((edge) => {
    if (edge.kind === "routes" || edge.kind === "tunnel") return [edge.from];
    if (kind === "namespace" && (edge.kind === "pair" || edge.kind === "maps")) return [edge.from];
    if (kind === "port") return [edge.from];
    return kind === "bridge" && byId.get(edge.from)?.kind === "uplink" ? [edge.from] : [];
  });
  if (kind !== "host") return [...up, ...down];
  const ways = (from.get(id) ?? []).filter((edge) => {
    return (from.get(edge.to) ?? []).some((each) => each.kind === "way out");
  });
  return ways.map((edge) => edge.to);
}
