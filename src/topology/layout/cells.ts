/** What belongs together in the drawing. */
import { addTo } from "../../base/index.ts";
import type { MapEdgeForm, MapForm, MapGroupForm, MapNodeForm } from "../../forms/index.ts";
import { tileLines } from "./lines.ts";

/** What is drawn as one tile: a namespace with the links and ports that are its alone. */
export interface TileParts {
  /** Identity of the node that the tile is for. */
  readonly id: string;
  readonly links: string[];
  /** Those that look alike together: one port of the host for IPv4 and for IPv6. */
  readonly ports: Map<string, string[]>;
  /** Whether it hangs on something by itself: a macvlan on its parent, a link on its bridge. */
  isWired: boolean;
  /** So many lines of text below its name. */
  readonly lines: number;
}

/** What is drawn in one frame. */
export interface Cell {
  readonly id: string;
  readonly title: string;
  readonly group?: MapGroupForm | undefined;
  readonly bridges: string[];
  readonly tiles: TileParts[];
}

export interface Cells {
  readonly cells: readonly Cell[];
  /** Nodes that stand alone. */
  readonly alone: readonly MapNodeForm[];
}

/** Fewer links of one bridge stand alone. */
const OTHERS_MIN = 4;

export function cellsOf(map: MapForm): Cells {
  const byId = new Map(map.nodes.map((node) => [node.id, node]));
  const tileOf = tilesOf(map, byId);
  const cells = new Map<string, Cell>();
  const cell = (id: string, title: string, group?: MapGroupForm): Cell => {
    const there = cells.get(id) ?? { id, title, group, bridges: [], tiles: [] };
    cells.set(id, there);
    return there;
  };
  for (const group of map.groups) cell(networkFrame(group.network), group.network, group);
  const others = othersOf(map, tileOf);
  const alone: MapNodeForm[] = [];
  for (const node of map.nodes) {
    const { id, kind, network } = node;
    const owner = tileOf.get(id);
    if (owner !== undefined && owner.id !== id) continue;
    const isWired = kind === "link" || kind === "fleet-node";
    const tile = owner ?? newTile(node, isWired);
    const other = others.get(id);
    if (kind === "fleet-node") {
      const fleet = id.slice(id.indexOf(":") + 1).split("/", 1)[0] ?? "";
      cell(`fleet:${fleet}`, `fleet ${fleet}`).tiles.push(tile);
    } else if (network !== undefined && kind === "bridge") {
      cell(networkFrame(network), network).bridges.push(id);
    } else if (network !== undefined && (kind === "namespace" || kind === "link")) {
      cell(networkFrame(network), network).tiles.push(tile);
    } else if (kind === "port") {
      cell("astray", "ports that lead to nothing here").tiles.push(tile);
    } else if (other !== undefined) {
      cell(`others:${other.id}`, `other links of ${other.label}`).tiles.push(tile);
    } else {
      alone.push(node);
    }
  }
  return {
    cells: [...cells.values()].filter(
      ({ bridges, tiles, group }) => bridges.length + tiles.length > 0 || group !== undefined,
    ),
    alone,
  };
}

export function networkFrame(network: string): string {
  return `network:${network}`;
}

function newTile({ id, lines }: MapNodeForm, isWired: boolean): TileParts {
  return { id, links: [], ports: new Map(), isWired, lines: tileLines(lines).length };
}

/** The tile of each namespace, and of each link and port that is one namespace's alone. */
function tilesOf(
  { nodes, edges }: MapForm,
  byId: ReadonlyMap<string, MapNodeForm>,
): Map<string, TileParts> {
  const tiles = new Map<string, TileParts>();
  for (const node of nodes) {
    if (node.kind === "namespace") tiles.set(node.id, newTile(node, false));
  }
  for (const { from, to, kind } of edges) {
    const own = tiles.get(from);
    if (own !== undefined && kind !== "maps" && kind !== "pair") own.isWired = true;
    const tile = tiles.get(to);
    const end = byId.get(from);
    if (tile === undefined || end === undefined || tiles.has(from)) continue;
    if (kind === "pair" && end.kind === "link") tile.links.push(from);
    else if (kind === "maps") addTo(tile.ports, JSON.stringify([end.label, end.state]), from);
    else continue;
    tiles.set(from, tile);
  }
  return tiles;
}

/** Links that belong to nothing known, by what they are ports of, where there are many. */
function othersOf(
  { nodes, edges }: MapForm,
  tileOf: ReadonlyMap<string, TileParts>,
): ReadonlyMap<string, MapNodeForm> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isPort = (edge: MapEdgeForm): boolean => edge.kind === "port of";
  const ports = new Map<string, string[]>();
  for (const { from, to } of edges.filter(isPort)) {
    const link = byId.get(from);
    if (link?.kind !== "link" || link.network !== undefined || tileOf.has(from)) continue;
    addTo(ports, to, from);
  }
  const others = new Map<string, MapNodeForm>();
  for (const [master, links] of ports) {
    const node = byId.get(master);
    if (node === undefined || links.length < OTHERS_MIN) continue;
    for (const link of links) others.set(link, node);
  }
  return others;
}
