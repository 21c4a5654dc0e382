import type {
  AttachmentStateForm,
  MapAddressForm,
  MapAttachmentForm,
  MapEdgeForm,
  MapNodeForm,
  MapNodeKind,
} from "../../forms/index.ts";
import { graver } from "./state.ts";

/** So many lines, and so many faults, a node shows; the rest is a count. */
const LINES_MAX = 4;
const FAULTS_MAX = 6;

/** What a node has beside its identity. */
type Extras = Partial<Pick<MapNodeForm, "network" | "link" | "port" | "unforwarded">>;

/** A node that is not finished. */
export interface DraftNode extends Omit<Extras, "network"> {
  network?: string | undefined;
  readonly addresses: MapAddressForm[];
  readonly id: string;
  readonly kind: MapNodeKind;
  label: string;
  readonly lines: string[];
  readonly faults: Set<string>;
  readonly attachments: MapAttachmentForm[];
  state: AttachmentStateForm;
}

/** Nodes and edges by their identities, in the order in which they came. */
export class Draft {
  readonly #nodes = new Map<string, DraftNode>();
  readonly #edges = new Map<string, MapEdgeForm>();

  /** The node of this identity: the one that is there, or a new one. */
  node(kind: MapNodeKind, name: string, label: string, extras: Extras = {}): DraftNode {
    const id = nodeId(kind, name);
    const there = this.#nodes.get(id);
    if (there !== undefined) return there;
    const node: DraftNode = {
      ...{ id, kind, label, state: "ok", lines: [], addresses: [], attachments: [] },
      faults: new Set<string>(),
      ...extras,
    };
    this.#nodes.set(id, node);
    return node;
  }

  get(kind: MapNodeKind, name: string): DraftNode | undefined {
    return this.#nodes.get(nodeId(kind, name));
  }

  edge(edge: Omit<MapEdgeForm, "id">): void {
    const id = `${edge.from} ${edge.kind} ${edge.to}${edge.label === "" ? "" : ` ${edge.label}`}`;
    if (edge.from !== edge.to && !this.#edges.has(id)) this.#edges.set(id, { id, ...edge });
  }

  get nodes(): MapNodeForm[] {
    return [...this.#nodes.values()].map((node) => ({
      ...node,
      lines: bounded(node.lines, LINES_MAX),
      faults: boundedFaults([...node.faults]),
    }));
  }

  get edges(): MapEdgeForm[] {
    return [...this.#edges.values()];
  }
}

export function nodeId(kind: MapNodeKind, name: string): string {
  return `${kind}:${name}`;
}

/** Adds a fault to a node, which is as grave as the gravest of its faults. */
export function addFault(node: DraftNode, state: AttachmentStateForm, text: string): void {
  node.state = graver(node.state, state);
  node.faults.add(text);
}

export function boundedFaults(faults: readonly string[]): string[] {
  return bounded(faults, FAULTS_MAX);
}

function bounded(texts: readonly string[], most: number): string[] {
  if (texts.length <= most) return [...texts];
  return [...texts.slice(0, most - 1), `and ${texts.length - most + 1} more`];
}
