import type { Location } from "./location.ts";

/** What is chosen on the map: a node of it, or a port or an address with the way of its packet. */
export type Selection =
  | { readonly kind: "node"; readonly id: string }
  /** Such as `tcp/8080`. */
  | { readonly kind: "port"; readonly port: string }
  | { readonly kind: "address"; readonly address: string };

/** The selection stands in the query, so that a link leads to it and a step back leaves it. */
export function selectionOf({ view, query }: Location): Selection | undefined {
  if (view !== "map") return undefined;
  const { node, port, address } = query;
  if (node !== undefined) return { kind: "node", id: node };
  if (port !== undefined) return { kind: "port", port };
  return address === undefined ? undefined : { kind: "address", address };
}

export function selectionQuery(selection: Selection | undefined): Record<string, string> {
  const none = { node: "", port: "", address: "" };
  if (selection === undefined) return none;
  if (selection.kind === "node") return { ...none, node: selection.id };
  if (selection.kind === "port") return { ...none, port: selection.port };
  return { ...none, address: selection.address };
}
