import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { MapForm, PathForm } from "../../forms/index.ts";
import {
  edgeWritings,
  type Frame,
  type MapLayout,
  type Rect,
} from "../../topology/layout/index.ts";
import { pathData } from "../../topology/svg/index.ts";
import { fit } from "../../topology/text/index.ts";
import { DrawnNode, titleAt } from "./drawn.tsx";
import { useGestures } from "./gestures.ts";
import { frameWords, litPlaces, neighbour } from "./model.ts";
import type { Viewport } from "./viewport.ts";

export interface CanvasProps {
  readonly map: MapForm;
  readonly layout: MapLayout;
  readonly viewport: Viewport;
  readonly path: PathForm | undefined;
  /** Identities of what is chosen. */
  readonly lit: ReadonlySet<string>;
  readonly onNode: (id: string) => void;
  readonly onFrame: (network: string) => void;
  readonly onLeave: () => void;
}

/** Below this size of the drawing letters cannot be read: names of networks alone are written. */
const FAR = 0.42;
const FAR_PX = 11;

/** The drawing. */
export function Canvas(props: CanvasProps): VNode {
  const { layout, viewport, path } = props;
  const svg = useRef<SVGSVGElement>(null);
  const scene = useRef<SVGGElement>(null);
  useGestures(svg, viewport);
  const isMeasured = useSize(svg, viewport, layout);
  useSignalEffect(() => {
    const [x, y, scale] = [viewport.x.value, viewport.y.value, viewport.scale.value];
    scene.current?.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    // The words that stay readable from afar.
    if (scale < FAR) {
      svg.current?.style.setProperty("--far-size", `${Math.round(FAR_PX / scale)}px`);
    }
  });
  const isFar = useComputed(() => viewport.scale.value < FAR).value;
  const keys = useKeys(props, svg);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing is no fieldset
    <svg
      ref={svg}
      class={`map${path === undefined ? "" : " has-path"}${isFar ? " far" : ""}`}
      role="group"
      aria-label="The map: arrow keys lead from thing to thing, Enter chooses, plus and minus enlarge"
      onKeyDown={keys.pressed}
      onFocusIn={keys.focused}
      onPointerOver={(event) => titleAt(event.target)}
      onClick={(event) => chooseAt(event.target, props)}
    >
      <g ref={scene}>{isMeasured ? <Scene {...props} isFar={isFar} /> : null}</g>
    </svg>
  );
}

/** All that is drawn. It is made when it is known how large: letters that cannot be read are not made at all. */
function Scene(props: CanvasProps & { readonly isFar: boolean }): VNode {
  const { map, layout, path, lit, isFar } = props;
  return (
    <>
      <Ways map={map} layout={layout} isInner={false} />
      {layout.frames.map((frame) => (
        <DrawnFrame key={frame.id} frame={frame} />
      ))}
      <Ways map={map} layout={layout} isInner />
      <LitWays path={path} layout={layout} />
      <Nodes map={map} layout={layout} isFar={isFar} />
      <Lit path={path} lit={lit} layout={layout} />
    </>
  );
}

/** Ends of pairs that are well are one shape: there are as many as containers, and the line says it all. */
function Nodes(props: { map: MapForm; layout: MapLayout; isFar: boolean }): VNode {
  const { map, layout, isFar } = props;
  const plugs: string[] = [];
  const nodes: VNode[] = [];
  for (const node of map.nodes) {
    const place = layout.places.get(node.id);
    if (place === undefined || place.as === "folded") continue;
    const { x, y, width, height, as } = place;
    if (as === "plug" && node.state === "ok") {
      plugs.push(`M${x} ${y}h${width}v${height}h-${width}z`);
    } else {
      nodes.push(<DrawnNode key={node.id} node={node} place={place} isFar={isFar} />);
    }
  }
  return (
    <g class="nodes">
      <path class="plugs" d={plugs.join("")} />
      {nodes}
      {edgeWritings(map, layout).map(({ x, y, text, as }) => (
        <text key={`${x} ${y}`} class={as} x={x} y={y}>
          {text}
        </text>
      ))}
    </g>
  );
}

/** Edges of one state are one line: there may be thousands. In a frame, its own line leads to all that is well. */
function Ways({
  map,
  layout,
  isInner,
}: {
  map: MapForm;
  layout: MapLayout;
  isInner: boolean;
}): VNode {
  const lines = new Map<string, string>();
  for (const { id, from, to, state } of map.edges) {
    if (isInner && state === "ok") continue;
    const { places, ways } = layout;
    const frame = places.get(from)?.frame;
    if ((frame !== undefined && frame === places.get(to)?.frame) !== isInner) continue;
    const points = ways.get(id) ?? [];
    if (points.length > 1) lines.set(state, `${lines.get(state) ?? ""}${pathData(points)}`);
  }
  return (
    <g class="ways">
      {[...lines].map(([state, data]) => (
        <path key={state} class={`way state-${state}`} d={data} />
      ))}
    </g>
  );
}

function DrawnFrame({ frame }: { frame: Frame }): VNode {
  const { x, y, width, height, network, rails, isFolded } = frame;
  const title = fit(frame.title, Math.floor((width - 130) / 8));
  const words = frameWords(frame);
  const isFaulty = Object.entries(frame.counts ?? {}).some(
    ([state, count]) => state !== "ok" && count > 0,
  );
  const line = rails.map(pathData).join("");
  return (
    <g class={`frame${isFolded ? " folded" : ""}${isFaulty ? " faulty" : ""}`}>
      <rect class="ground" x={x} y={y} width={width} height={height} rx={10} />
      <path class="rail" d={line} />
      {/* biome-ignore lint/a11y/useSemanticElements: there are no buttons in a drawing */}
      <g
        class="frame-title"
        data-frame={frame.id}
        data-network={network}
        role="button"
        tabindex={-1}
        aria-expanded={!isFolded}
      >
        <rect class="hit" x={x} y={y} width={width} height={isFolded ? height : 32} rx={10} />
        <path class="fold" d={`M${x + 14} ${y + 14}${isFolded ? "l6 5l-6 5" : "l5 6l5-6"}`} />
        <text class="title" x={x + 30} y={y + 23}>
          {/* With the space it reads as its name does. */}
          {isFolded ? title : `${title} `}
          {isFolded ? null : (
            <tspan class="counts" dx={5}>
              {words}
            </tspan>
          )}
        </text>
        {isFolded ? (
          <text class="counts" x={x + 30} y={y + 46}>
            {fit(words, 30)}
          </text>
        ) : null}
      </g>
    </g>
  );
}

/** The way of the chosen packet. */
function LitWays({ path, layout }: { path: PathForm | undefined; layout: MapLayout }): VNode {
  const steps = path?.steps ?? [];
  const lines = steps.map(({ edge }) => pathData(layout.ways.get(edge ?? "") ?? [])).join("");
  return (
    <g class={path?.broken === undefined ? "lit" : "lit broken"}>
      <path class="way" d={lines} />
    </g>
  );
}

/** What is chosen, above everything else. */
function Lit(props: {
  path: PathForm | undefined;
  lit: ReadonlySet<string>;
  layout: MapLayout;
}): VNode {
  const { path, lit, layout } = props;
  const rects = new Map(
    litPlaces(layout, lit).map((place) => [`${place.x} ${place.y} ${place.width}`, place]),
  );
  return (
    <g class={path?.broken === undefined ? "lit" : "lit broken"}>
      {[...rects].map(([key, { x, y, width, height }]) => (
        <rect key={key} x={x - 3} y={y - 3} width={width + 6} height={height + 6} rx={8} />
      ))}
    </g>
  );
}

function chooseAt(target: EventTarget | null, { onNode, onFrame, onLeave }: CanvasProps): void {
  if (!(target instanceof Element)) return;
  const node = target.closest("[data-node]")?.getAttribute("data-node");
  const network = target.closest("[data-network]")?.getAttribute("data-network");
  if (node !== null && node !== undefined) onNode(node);
  else if (network !== null && network !== undefined) onFrame(network);
  else onLeave();
}

const ITEM = "[data-node][tabindex], [data-frame][tabindex]";
const ZOOM = 1.3;

interface Keys {
  readonly pressed: (event: KeyboardEvent) => void;
  readonly focused: (event: FocusEvent) => void;
}

function useKeys(props: CanvasProps, svg: { readonly current: SVGSVGElement | null }): Keys {
  const { layout, viewport } = props;
  const reachable = useRef<Element | null>(null);
  const reach = (item: Element | null): void => {
    if (item === null || item === reachable.current) return;
    reachable.current?.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    reachable.current = item;
  };
  // One thing can be reached by Tab; when it is gone, the first one.
  useEffect(() => {
    if (reachable.current?.isConnected !== true) reach(svg.current?.querySelector(ITEM) ?? null);
  });
  return {
    focused: ({ target }) => {
      if (!(target instanceof Element) || !target.matches(ITEM)) return;
      reach(target);
      const rect = rectOf(target, layout);
      if (rect !== undefined && target.matches(":focus-visible")) viewport.reveal(rect);
    },
    pressed: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { target, key } = event;
      const item = target instanceof Element ? target.closest(ITEM) : null;
      const id = item?.getAttribute("data-node") ?? item?.getAttribute("data-frame");
      if (key === "+" || key === "=") viewport.zoom(ZOOM);
      else if (key === "-") viewport.zoom(1 / ZOOM);
      else if (key === "0") viewport.fit(layout);
      else if (key === "Enter" || key === " ") chooseAt(target, props);
      else if (key.startsWith("Arrow") && id) focusOn(svg.current, neighbour(layout, id, key));
      else return;
      event.preventDefault();
    },
  };
}

function rectOf(item: Element, { places, frames }: MapLayout): Rect | undefined {
  const frame = item.getAttribute("data-frame");
  if (frame === null) return places.get(item.getAttribute("data-node") ?? "");
  const found = frames.find(({ id }) => id === frame);
  return (
    found && { ...found, height: Math.min(found.height, 60), width: Math.min(found.width, 260) }
  );
}

/** Moves the focus to what a key, or a step of a path, leads to. */
export function focusOn(svg: SVGSVGElement | null, id: string | undefined): void {
  if (svg === null || id === undefined) return;
  for (const item of svg.querySelectorAll<SVGElement>(ITEM)) {
    if (item.getAttribute("data-node") !== id && item.getAttribute("data-frame") !== id) continue;
    item.focus({ preventScroll: true });
    return;
  }
}

/** Keeps the viewport as large as its element; says whether that is known. */
function useSize(
  svg: { readonly current: SVGSVGElement | null },
  viewport: Viewport,
  layout: MapLayout,
): boolean {
  const isMeasured = useSignal(false);
  useLayoutEffect(() => viewport.place(layout), [viewport, layout]);
  useLayoutEffect(() => {
    const { current } = svg;
    if (current === null) return undefined;
    const measure = (): void => {
      const { width, height } = current.getBoundingClientRect();
      viewport.resize(width, height);
      isMeasured.value = true;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, [svg, viewport]);
  return isMeasured.value;
}
