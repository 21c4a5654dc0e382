import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { MapForm } from "../../forms/index.ts";
import { type LayoutMemory, layoutOf, leavesOf } from "../../topology/layout/index.ts";
import { Answered, Empty } from "../parts/answered.tsx";
import { Command } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { useMedia } from "../parts/media.ts";
import { Choice, NothingLeft, Search } from "../parts/search.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
import { count } from "../words/text.ts";
import { Canvas, focusOn } from "./canvas.tsx";
import { Faults } from "./faults.tsx";
import {
  chosenMap,
  chosenOf,
  foldedFrames,
  litIds,
  litPlaces,
  type MapChoice,
  toggledFold,
} from "./model.ts";
import { Outline } from "./outline.tsx";
import { Side } from "./side.tsx";
import { Viewport } from "./viewport.ts";

/** The node's network: what hangs on what, and where packets go. */
export function MapView(): VNode {
  const answer = useAnswer(RESOURCES.map);
  const networks = (answer.value?.groups ?? []).map(({ network }) => network);
  return (
    <>
      <ViewHead title="Map" said={answer.value && saidOf(answer.value)}>
        <Search label="Search name, address, port …" />
        <Choice name="network" label="Network" values={networks} />
        <Choice name="state" label="State" values={Object.keys(ATTACHMENT_STATES)} />
      </ViewHead>
      <Answered answer={answer} what="map">
        {(value) => <Drawing whole={value} />}
      </Answered>
    </>
  );
}

function saidOf({ groups }: MapForm): string {
  const attachments = groups
    .flatMap(({ counts }) => Object.values(counts))
    .reduce((sum, number) => sum + number, 0);
  return `${count(attachments, "attachment")} in ${count(groups.length, "network")}`;
}

function Drawing({ whole }: { whole: MapForm }): VNode {
  const page = usePage();
  const { query } = page.location.value;
  const { text = "", network = "", state = "", fold = "" } = query;
  const leaves = useMemo(() => leavesOf(whole), [whole]);
  const choice = useMemo(() => ({ text, network, state }), [text, network, state]);
  const map = useMemo(() => chosenMap(leaves.map, choice), [leaves, choice]);
  const memory = useRef<{ readonly choice: MapChoice; readonly kept: LayoutMemory } | undefined>(
    undefined,
  );
  const isNarrow = useMedia(NARROW);
  const layout = useMemo(() => {
    // What another choice leaves is packed anew; what changes by itself moves no more than it must.
    const previous = memory.current?.choice === choice ? memory.current.kept : undefined;
    const made = layoutOf(map, { folded: foldedFrames(map, fold), isNarrow, previous });
    memory.current = { choice, kept: made.memory };
    return made;
  }, [map, fold, choice, isNarrow]);
  const selection = page.selection.value;
  const chosen = useMemo(() => chosenOf(whole, selection), [whole, selection]);
  const lit = useMemo(() => litIds(leaves, chosen), [leaves, chosen]);
  const viewport = useMemo(() => new Viewport(), []);
  const stage = useRef<HTMLDivElement>(null);
  const lastLit = useRef(lit);
  const focusDrawn = (id: string | undefined): void => {
    focusOn(stage.current?.querySelector<SVGSVGElement>("svg.map") ?? null, id);
  };
  useLayoutEffect(() => viewport.begin(layout), [choice]);
  useLayoutEffect(() => {
    // What is chosen stands beside the drawing, which is narrower then.
    const box = stage.current?.querySelector("svg.map")?.getBoundingClientRect();
    if (box !== undefined) viewport.resize(box.width, box.height);
    viewport.show(litPlaces(layout, lit));
    // What was chosen had the focus in the words beside it: it is gone on with where that is drawn.
    const [left] = lastLit.current;
    if (lit.size === 0 && document.activeElement === document.body) focusDrawn(left);
    lastLit.current = lit;
  }, [selection]);
  const leave = (): void => {
    if (page.selection.peek() !== undefined) page.select(undefined);
  };
  const show = (id: string): void => {
    const drawn = leaves.of(id);
    const leaf = drawn.find((each) => lit.has(each)) ?? id;
    const place = layout.places.get(leaf);
    if (place !== undefined) viewport.reveal(place);
    focusDrawn(leaf);
  };
  if (map.nodes.length === 0) return <NothingLeft title="Nothing on the map is like that" />;
  return (
    <>
      {whole.groups.length === 0 ? <NothingYet /> : null}
      <Faults map={leaves.map} ownerOf={leaves.ownerOf} />
      <div ref={stage} class={selection === undefined ? "map-stage" : "map-stage with-side"}>
        <div class="card map-card">
          <Canvas
            {...{ map, layout, viewport }}
            path={chosen.path}
            lit={lit}
            onNode={(id) => page.select({ kind: "node", id: leaves.ownerOf(id) })}
            onFrame={(name) => page.setQuery({ fold: toggledFold(fold, name) })}
            onLeave={leave}
          />
          <div class="map-tools">
            <button
              type="button"
              aria-label="Larger"
              title="Larger (+)"
              onClick={() => viewport.zoom(1.3)}
            >
              +
            </button>
            <button
              type="button"
              aria-label="Smaller"
              title="Smaller (−)"
              onClick={() => viewport.zoom(1 / 1.3)}
            >
              −
            </button>
            <button
              type="button"
              aria-label="Everything"
              title="Everything (0)"
              onClick={() => viewport.fit(layout)}
            >
              <Icon name="whole" />
            </button>
          </div>
        </div>
        <Side map={whole} chosen={chosen} onShow={show} />
      </div>
      <Outline map={whole} choice={choice} />
    </>
  );
}

/** As in the style: what is chosen stands below the drawing, which is higher than wide. */
const NARROW = "(max-width: 860px)";

function NothingYet(): VNode {
  return (
    <Empty title="No container is attached yet">
      <p>The host alone is on the map. A first attachment by hand:</p>
      <Command text="hawser add dbnet /run/netns/blue" />
    </Empty>
  );
}
