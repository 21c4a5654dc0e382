import { Component, type VNode } from "preact";
import type { MapNodeForm } from "../../forms/index.ts";
import type { NodePlace } from "../../topology/layout/index.ts";
import { writingsOf } from "../../topology/layout/index.ts";
import { STATE_SHAPES } from "../../topology/svg/index.ts";
import { shown } from "../words/text.ts";
import { isSameNode, isSamePlace } from "./same.ts";
import { KIND_WORDS } from "./words.ts";

export interface DrawnProps {
  readonly node: MapNodeForm;
  readonly place: NodePlace;
  /** Too small for letters: what is well is its shape alone. */
  readonly isFar: boolean;
}

/** A node as it is drawn. Each is a thousandth of the picture: only one that has changed is drawn anew. */
export class DrawnNode extends Component<DrawnProps> {
  override shouldComponentUpdate(next: DrawnProps): boolean {
    const { place, node, isFar } = this.props;
    if (next.isFar !== isFar || !isSamePlace(next.place, place)) return true;
    return !isSameNode(next.node, node);
  }

  override render(): VNode {
    const { node, place, isFar } = this.props;
    const isBlank = isFar && node.state === "ok" && place.as !== "box";
    const { x, y, width, height, as } = place;
    const isPoint = as === "plug" || as === "chip";
    const kind = `${as} kind-${node.kind} state-${node.state}`;
    const inner = (
      <>
        <rect x={x} y={y} width={width} height={height} rx={as === "plug" ? 2 : 6} />
        {node.state === "ok" || isPoint ? null : (
          <path
            class="sign"
            transform={`translate(${x + width - 21} ${y + 6}) scale(0.85)`}
            fill-rule="evenodd"
            d={STATE_SHAPES[node.state]}
          />
        )}
        {(isBlank ? [] : writingsOf(node, place)).map((each) => (
          <text key={`${each.as} ${each.y}`} class={each.as} x={each.x} y={each.y}>
            {each.text}
          </text>
        ))}
      </>
    );
    if (isPoint) {
      return (
        <g class={kind} data-node={node.id}>
          <title>{aboutOf(node)}</title>
          {inner}
        </g>
      );
    }
    return (
      // biome-ignore lint/a11y/useSemanticElements: there are no buttons in a drawing
      <g
        class={kind}
        data-node={node.id}
        role="button"
        tabindex={-1}
        aria-label={isBlank ? aboutOf(node) : undefined}
      >
        {isBlank ? null : <title>{aboutOf(node)}</title>}
        {inner}
      </g>
    );
  }
}

/** What has no letters says what it is to a pointer, too: its title comes with it, since there may be thousands. */
export function titleAt(target: EventTarget | null): void {
  const item = target instanceof Element ? target.closest("[data-node][aria-label]") : null;
  if (item === null) return;
  const title = item.querySelector("title") ?? document.createElementNS(SVG, "title");
  title.textContent = item.getAttribute("aria-label");
  if (title.parentNode === null) item.append(title);
}

const SVG = "http://www.w3.org/2000/svg";

/** For those that hear it, and for those that point at it. */
export function aboutOf({ label, kind, state, lines, faults, network }: MapNodeForm): string {
  const what = KIND_WORDS[kind];
  // Some things are called, or begin their first line, as their kind.
  const isSaid = label === what || lines[0]?.startsWith(what) === true;
  const words = [
    ...[shown(label, 80), ...(isSaid ? [] : [what]), ...lines.map((line) => shown(line, 80))],
    ...(network === undefined ? [] : [`network ${shown(network, 60)}`]),
    ...(state === "ok" ? [] : [state, ...faults.map((fault) => shown(fault, 200))]),
  ];
  return words.join(", ");
}
