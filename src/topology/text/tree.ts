import { addTo } from "../../base/index.ts";
import type { AttachmentStateForm, MapEdgeForm, MapForm, MapNodeForm } from "../../forms/index.ts";
import { oneLine } from "./fit.ts";

/** A part of a line, by what it is. */
export interface LinePart {
  readonly text: string;
  readonly as: "stem" | "name" | "detail" | "fault";
  readonly state?: AttachmentStateForm | undefined;
}

export type TreeLine = readonly LinePart[];

/** What a tree is drawn with. */
export interface Stems {
  readonly branch: string;
  readonly last: string;
  readonly line: string;
  readonly blank: string;
  readonly pair: string;
  readonly arrow: string;
}

export const LINES: Stems = {
  ...{ branch: "├─ ", last: "└─ ", line: "│  ", blank: "   ", pair: "──", arrow: "→" },
};
export const ASCII: Stems = {
  ...{ branch: "|- ", last: "`- ", line: "|  ", blank: "   ", pair: "--", arrow: "->" },
};

export interface TreeOptions {
  readonly stems?: Stems;
  /** For few columns: a container has a line of its own, below its link. */
  readonly isNarrow?: boolean;
}

/** The map as a tree, from the outside to the containers; what hangs on nothing stands at the end. */
export function treeOf(map: MapForm, options: TreeOptions = {}): TreeLine[] {
  return new Tree(map, options).lines();
}

/** A child and the edge that leads to it. */
interface Child {
  readonly node: MapNodeForm;
  readonly edge: MapEdgeForm;
}

/** Where in the tree a node is drawn. */
interface TreePosition {
  readonly edge?: MapEdgeForm;
  /** Before its name. */
  readonly stem?: string;
  /** What the lines below it begin with. */
  readonly rest?: string;
  /** Faults that stand above it already: those of a link are also its container's. */
  readonly said?: ReadonlySet<string>;
}

class Tree {
  readonly #map: MapForm;
  readonly #stems: Stems;
  readonly #isNarrow: boolean;
  readonly #nodes: ReadonlyMap<string, MapNodeForm>;
  readonly #edges: ReadonlyMap<string, readonly MapEdgeForm[]>;
  readonly #met = new Set<string>();
  readonly #lines: TreeLine[] = [];

  constructor(map: MapForm, { stems = LINES, isNarrow = false }: TreeOptions) {
    this.#map = map;
    this.#stems = stems;
    this.#isNarrow = isNarrow;
    this.#nodes = new Map(map.nodes.map((node) => [node.id, node]));
    const edges = new Map<string, MapEdgeForm[]>();
    for (const edge of map.edges) {
      for (const end of [edge.from, edge.to]) addTo(edges, end, edge);
    }
    this.#edges = edges;
  }

  lines(): TreeLine[] {
    const { nodes } = this.#map;
    const order = [
      "outside",
      "host",
      "uplink",
      "bridge",
      "link",
      "namespace",
      "fleet-node",
      "port",
    ];
    for (const kind of order) {
      for (const node of nodes) {
        if (node.kind === kind && !this.#met.has(node.id)) this.#draw(node);
      }
    }
    return this.#lines;
  }

  #draw(
    node: MapNodeForm,
    { edge, stem = "", rest = "", said = new Set() }: TreePosition = {},
  ): void {
    const isMet = this.#met.has(node.id);
    this.#met.add(node.id);
    const inner = isMet ? undefined : this.#only(node);
    if (inner !== undefined) this.#met.add(inner.node.id);
    const start: LinePart[] = stem === "" ? [] : [{ text: stem, as: "stem" }];
    if (isMet) {
      const text = edge?.ifName === undefined ? "(above)" : `${oneLine(edge.ifName)} (above)`;
      this.#lines.push([...start, name(node), { text, as: "detail" }]);
      return;
    }
    const pair: LinePart[] =
      inner === undefined
        ? []
        : [
            { text: this.#stems.pair, as: "detail" },
            name(inner.node),
            ...details(inner.node, inner.edge),
          ];
    const own = inner === undefined ? details(node, edge) : [];
    this.#lines.push([...start, name(node), ...own, ...pair]);
    const shown = inner?.node ?? node;
    const children = this.#children(shown);
    const below = `${rest}${children.length > 0 ? this.#stems.line : this.#stems.blank}`;
    const faults = new Set([...node.faults, ...shown.faults]);
    for (const text of faults) {
      if (said.has(text)) continue;
      const fault: LinePart = { text: `! ${oneLine(text)}`, as: "fault", state: shown.state };
      this.#lines.push([{ text: below, as: "stem" }, fault]);
    }
    children.forEach((child, at) => {
      const isLast = at === children.length - 1;
      const next = `${rest}${isLast ? this.#stems.blank : this.#stems.line}`;
      this.#draw(child.node, {
        edge: child.edge,
        stem: `${rest}${isLast ? this.#stems.last : this.#stems.branch}`,
        ...{ rest: next, said: faults },
      });
    });
  }

  /** The container of a link that leads to nothing else. */
  #only(node: MapNodeForm): Child | undefined {
    if (node.kind !== "link" || this.#isNarrow) return undefined;
    const [child, ...others] = this.#children(node);
    const isAlone = others.length === 0 && child?.node.kind === "namespace";
    return isAlone && child !== undefined && !this.#met.has(child.node.id) ? child : undefined;
  }

  #children(node: MapNodeForm): Child[] {
    return (this.#edges.get(node.id) ?? []).flatMap((edge) => {
      const other = this.#nodes.get(edge.from === node.id ? edge.to : edge.from);
      if (other === undefined || !isBelow(node, other, edge)) return [];
      // A container in several networks is named below each; the ways to all else are drawn once.
      const isAgain = this.#met.has(other.id) && other.kind !== "namespace";
      return isAgain ? [] : [{ node: other, edge }];
    });
  }
}

/** Whether `other` hangs on `node` by this edge. */
function isBelow(node: MapNodeForm, other: MapNodeForm, edge: MapEdgeForm): boolean {
  const isFrom = edge.from === node.id;
  switch (edge.kind) {
    case "way out":
    case "on":
      return !isFrom;
    case "port of":
      return other.kind === "uplink" || node.kind === "uplink" ? node.kind === "uplink" : !isFrom;
    case "routes":
      // The host stands below the link by which it reaches the outside.
      return (
        other.kind === "host" ||
        (isFrom && other.kind !== "uplink") ||
        (isFrom && node.kind === "host")
      );
    case "pair":
    case "tunnel":
      return isFrom;
    case "maps":
      return node.kind === "namespace";
  }
}

function name({ label, state }: MapNodeForm): LinePart {
  return { text: oneLine(label), as: "name", state };
}

const KINDS: Partial<Record<MapNodeForm["kind"], string>> = {
  host: "host",
  uplink: "uplink",
  "fleet-node": "node",
};

function details(node: MapNodeForm, edge: MapEdgeForm | undefined): LinePart[] {
  const { kind, lines, network, state } = node;
  const word = KINDS[kind];
  const isOfNetwork = kind === "bridge" && network !== undefined;
  const by = edge?.kind === "way out" || edge?.kind === "on" ? [edge.label] : [];
  const texts = [
    ...(word === undefined ? [] : [word]),
    ...by,
    ...(kind === "namespace" ? interfaces(node, edge) : lines),
    ...(isOfNetwork ? [`network ${network}`] : []),
    ...(state === "ok" ? [] : [state]),
  ];
  return texts.filter((text) => text !== "").map((text) => ({ text: oneLine(text), as: "detail" }));
}

/** The interface that hangs here, or all. */
function interfaces({ lines, addresses }: MapNodeForm, edge: MapEdgeForm | undefined): string[] {
  const { ifName } = edge ?? {};
  if (ifName === undefined) return [...lines];
  const own = addresses.filter((each) => each.ifName === ifName).map(({ address }) => address);
  // What it stands on is in the edge's own label.
  return edge?.kind === "on" ? own : [[ifName, ...own].join(" ")];
}
