import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { MapForm } from "../../forms/index.ts";
import { treeOf } from "../../topology/text/index.ts";
import { Text } from "../parts/text.tsx";
import { chosenMap, type MapChoice } from "./model.ts";

/** So many lines are enough to be read one after the other. */
const LINES_MAX = 3000;

/** The same as text, as `hawser map` prints it: for those that hear it, or copy it. */
export function Outline({ map, choice }: { map: MapForm; choice: MapChoice }): VNode {
  const isOpen = useSignal(false);
  return (
    <details
      class="map-outline"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>The map as a list</summary>
      {isOpen.value ? <Lines map={chosenMap(map, choice)} /> : null}
    </details>
  );
}

function Lines({ map }: { map: MapForm }): VNode {
  const lines = treeOf(map);
  return (
    <ul class="card map-lines">
      {lines.slice(0, LINES_MAX).map((line, at) => (
        <li key={`${at} ${line.at(-1)?.text ?? ""}`}>
          {line.map(({ text, as }, part) =>
            as === "stem" ? (
              <span key={part} class="stem" aria-hidden="true">
                {text}
              </span>
            ) : (
              <span key={part} class={as}>
                <Text of={text} />{" "}
              </span>
            ),
          )}
        </li>
      ))}
      {lines.length > LINES_MAX ? <li>and {lines.length - LINES_MAX} more lines</li> : null}
    </ul>
  );
}
