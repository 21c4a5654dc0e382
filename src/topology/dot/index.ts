/** The map in the language of Graphviz. */
import type { MapForm, MapNodeForm } from "../../forms/index.ts";
import { oneLine } from "../text/index.ts";

const SHAPES: Readonly<Record<MapNodeForm["kind"], string>> = {
  outside: "plaintext",
  host: "box3d",
  port: "cds",
  uplink: "ellipse",
  bridge: "component",
  link: "ellipse",
  namespace: "box",
  "fleet-node": "box3d",
};

/** A drawing for `dot -Tsvg`; each state stands as a word beside its colour. */
export function dotOf({ nodes, edges, groups }: MapForm): string {
  const members = new Set(groups.flatMap((group) => group.nodes));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const lines = [
    "digraph map {",
    '  graph [rankdir="LR", fontname="sans-serif"];',
    '  node [fontname="sans-serif", fontsize="11"];',
    '  edge [fontname="sans-serif", fontsize="9", dir="none"];',
    ...nodes.filter(({ id }) => !members.has(id)).map((node) => `  ${nodeLine(node)}`),
    ...groups.flatMap((group, at) => [
      `  subgraph ${quoted(`cluster_${at}`)} {`,
      `    label=${quoted(group.network)};`,
      ...group.nodes.flatMap((id) => {
        const node = byId.get(id);
        return node === undefined ? [] : [`    ${nodeLine(node)}`];
      }),
      "  }",
    ]),
    ...edges.map(({ from, to, kind, label, state }) => {
      const text = [kind === "pair" ? "" : kind, label, state === "ok" ? "" : state];
      const about = `label=${quoted(text.filter((each) => each !== "").join(" "))}`;
      const arrow = kind === "maps" ? ', dir="forward"' : "";
      return `  ${quoted(from)} -> ${quoted(to)} [${about}${colour(state)}${arrow}];`;
    }),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function nodeLine({ id, kind, label, lines, faults, state }: MapNodeForm): string {
  const text = [label, ...lines, ...(state === "ok" ? [] : [state]), ...faults];
  return `${quoted(id)} [shape=${quoted(SHAPES[kind])}, label=${quoted(...text)}${colour(state)}];`;
}

function colour(state: MapNodeForm["state"]): string {
  return state === "ok" ? "" : ', color="#b3261e", fontcolor="#b3261e"';
}

/** A string of this language; lines of it are joined by its own sign for the end of a line. */
function quoted(...lines: readonly string[]): string {
  const escaped = lines.map((line) => oneLine(line).replaceAll(/["\\]/gu, "\\$&"));
  return `"${escaped.join("\\n")}"`;
}
