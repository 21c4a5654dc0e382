import { Ip, Prefix } from "../../addr/index.ts";
import { addTo } from "../../base/index.ts";
import type { FamilyForm, MapEdgeForm, MapForm, MapNodeForm } from "../../forms/index.ts";

/** An end of an edge, seen from the other one. */
export interface Road {
  readonly edge: MapEdgeForm;
  readonly node: MapNodeForm;
}

/** The map as something to walk on. */
export class Roads {
  readonly map: MapForm;
  readonly #nodes: ReadonlyMap<string, MapNodeForm>;
  readonly #from = new Map<string, Road[]>();
  readonly #to = new Map<string, Road[]>();

  constructor(map: MapForm) {
    this.map = map;
    this.#nodes = new Map(map.nodes.map((node) => [node.id, node]));
    for (const edge of map.edges) {
      const from = this.#nodes.get(edge.from);
      const to = this.#nodes.get(edge.to);
      if (from === undefined || to === undefined) continue;
      addTo(this.#from, from.id, { edge, node: to });
      addTo(this.#to, to.id, { edge, node: from });
    }
  }

  get host(): MapNodeForm | undefined {
    return this.map.nodes.find(({ kind }) => kind === "host");
  }

  /** Along edges of a kind, in their direction. */
  from({ id }: MapNodeForm, kind: MapEdgeForm["kind"]): Road[] {
    return (this.#from.get(id) ?? []).filter(({ edge }) => edge.kind === kind);
  }

  /** Against their direction. */
  to({ id }: MapNodeForm, kind: MapEdgeForm["kind"]): Road[] {
    return (this.#to.get(id) ?? []).filter(({ edge }) => edge.kind === kind);
  }

  /** Nodes of these kinds that have the very address. */
  withAddress(ip: Ip, kinds: readonly MapNodeForm["kind"][]): MapNodeForm[] {
    return this.map.nodes.filter(
      ({ kind, addresses }) =>
        kinds.includes(kind) && addresses.some(({ address }) => isAddress(address, ip)),
    );
  }
}

export function isAddress(text: string, ip: Ip): boolean {
  // Most texts differ from the first digits on: they are not parsed.
  return bare(text) === ip.toString() || Ip.tryParse(bare(text))?.equals(ip) === true;
}

export function isWithin(prefix: string, ip: Ip): boolean {
  return Prefix.tryParse(prefix)?.contains(ip) === true;
}

export function bare(text: string): string {
  const end = text.indexOf("/");
  return end === -1 ? text : text.slice(0, end);
}

export function familyOf(text: string): FamilyForm {
  return text.includes(":") ? "IPv6" : "IPv4";
}
