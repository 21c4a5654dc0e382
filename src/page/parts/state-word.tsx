import type { VNode } from "preact";
import type { StateWords } from "../words/states.ts";
import { ShapeSign } from "./shape.tsx";

/** A state as word and shape; what it means stands in its title. */
export function StateWord({ state }: { state: StateWords }): VNode {
  return (
    <span class="state" title={state.meaning}>
      <ShapeSign shape={state.shape} tone={state.tone} />
      {state.word}
    </span>
  );
}
