import type { AttachmentStateForm, MapForm, MapNodeForm } from "../../forms/index.ts";
import type { Frame, MapLayout, NodePlace, Point } from "../layout/index.ts";
import { edgeWritings, type Writing, writingsOf } from "../layout/index.ts";
import { oneLine } from "../text/index.ts";
import { STATE_SHAPES } from "./shapes.ts";
import { STYLE } from "./style.ts";

/** A picture that needs nothing else: light or dark as its reader's system says. */
export function svgOf(map: MapForm, layout: MapLayout, title: string): string {
  const { width, height, frames, places, ways } = layout;
  const size = `width="${number(width)}" height="${number(height)}"`;
  const drawn = map.nodes.flatMap((node) => {
    const place = places.get(node.id);
    return place === undefined || place.as === "folded" ? [] : [nodeSvg(node, place)];
  });
  const lines = map.edges.flatMap(({ id, state, from, to }) => {
    const points = ways.get(id) ?? [];
    if (points.length < 2) return [];
    const isInner = places.get(from)?.frame === places.get(to)?.frame;
    const svg = `<path class="way ${stateClass(state)}" d="${pathData(points)}"/>`;
    return [{ svg, isInner: isInner && places.get(from)?.frame !== undefined }];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${number(width)} ${number(height)}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" ${size}/>`,
    // A line to a network goes behind the networks that it passes.
    ...lines.filter(({ isInner }) => !isInner).map(({ svg }) => svg),
    ...frames.map(frameSvg),
    ...lines.filter(({ isInner }) => isInner).map(({ svg }) => svg),
    ...drawn,
    ...edgeWritings(map, layout).map(textSvg),
    "</svg>",
    "",
  ].join("\n");
}

function frameSvg({
  x,
  y,
  width,
  height,
  title,
  counts,
  size,
  hidden,
  rails,
  isFolded,
}: Frame): string {
  const words = Object.entries(counts ?? {})
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  const said = counts === undefined ? `${size}` : words.join(", ");
  const rest = hidden > 0 ? `, ${hidden} not drawn` : "";
  return [
    `<g><rect class="frame" x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" rx="10"/>`,
    `<text class="title" x="${number(x + 16)}" y="${number(y + 23)}">${escaped(title)}`,
    `<tspan class="counts" dx="10">${escaped(`${said}${rest}${isFolded ? ", folded" : ""}`)}</tspan></text>`,
    ...rails.map((points) => `<path class="rail" d="${pathData(points)}"/>`),
    "</g>",
  ].join("");
}

function nodeSvg(node: MapNodeForm, place: NodePlace): string {
  const { x, y, width, height, as } = place;
  const about = [node.label, ...node.lines, node.state, ...node.faults].map(oneLine).join("\n");
  const rect = `<rect x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}" rx="${as === "plug" ? 2 : 6}"/>`;
  const texts = writingsOf(node, place).map(textSvg);
  const sign =
    node.state === "ok" || as === "plug" || as === "chip" ? [] : [signSvg(node.state, place)];
  const kind = `${as} kind-${node.kind} ${stateClass(node.state)}`;
  return [
    `<g class="${kind}"><title>${escaped(about)}</title>`,
    rect,
    ...sign,
    ...texts,
    "</g>",
  ].join("");
}

function textSvg({ x, y, text, as }: Writing): string {
  return `<text class="${as}" x="${number(x)}" y="${number(y)}">${escaped(text)}</text>`;
}

function signSvg(state: AttachmentStateForm, { x, y, width }: NodePlace): string {
  const at = `translate(${number(x + width - 20)} ${number(y + 6)}) scale(0.85)`;
  return `<path class="sign" transform="${at}" fill-rule="evenodd" d="${STATE_SHAPES[state]}"/>`;
}

/** Lines with rounded corners. */
export function pathData(points: readonly Point[]): string {
  return points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${number(x)} ${number(y)}`).join("");
}

function stateClass(state: AttachmentStateForm): string {
  return `state-${state}`;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Characters that no XML document may have, even as references. */
const FORBIDDEN = /[\ufffe\uffff]/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

function escaped(text: string): string {
  const lines = text.split("\n").map(oneLine).join("\n");
  return lines
    .replaceAll(FORBIDDEN, "\ufffd")
    .replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? "");
}
