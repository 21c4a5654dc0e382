import type { VNode } from "preact";
import type { MapForm } from "../../forms/index.ts";
import { ViewLink } from "../parts/link.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Text } from "../parts/text.tsx";
import { usePage } from "../state/use-page.ts";
import { ATTACHMENT_STATES } from "../words/states.ts";
import { faultyNodes } from "./model.ts";

/** So many stand above the map; the doctor has them all. */
const SHOWN = 3;

/** What is not as it should be, in words above the drawing: in a thousand boxes two are not found by looking. */
export function Faults({
  map,
  ownerOf,
}: {
  map: MapForm;
  ownerOf: (id: string) => string;
}): VNode | null {
  const page = usePage();
  const faulty = faultyNodes(map);
  if (faulty.length === 0) return null;
  return (
    <ul class="map-faults" aria-label="What is wrong">
      {faulty.slice(0, SHOWN).map(({ id, label, state, faults: [fault = ""] }) => (
        <li key={id}>
          <button
            type="button"
            class="quiet"
            title="On the map"
            onClick={() => page.select({ kind: "node", id: ownerOf(id) })}
          >
            <StateWord state={ATTACHMENT_STATES[state]} />
            <strong>
              <Text of={label} max={60} />
            </strong>
            <span class="fault">
              <Text of={fault} max={200} />
            </span>
          </button>
        </li>
      ))}
      {faulty.length > SHOWN ? (
        <li>
          <ViewLink to={{ view: "doctor" }}>
            {`${(faulty.length - SHOWN).toLocaleString("en")} more`}
          </ViewLink>
        </li>
      ) : null}
    </ul>
  );
}
