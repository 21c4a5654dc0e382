import { defined } from "../../base/index.ts";
import type { CallForm, CallGroupForm } from "../../forms/index.ts";
import type { CallForest, CallGroup, RecordedCall, RecordedPart } from "../../recording/index.ts";

/** The calls of one operation, each by `callOf`. */
export function groupForm<T extends CallForm>(
  group: CallGroup,
  callOf: (call: RecordedCall) => T,
): CallGroupForm & { readonly calls: readonly T[] } {
  const { id, operation, network, containerId, ifName, netns, pod, runtime, time, ms } = group;
  const { failed, calls } = group;
  return {
    ...{ id, time, operation, network, containerId, ifName, netns },
    ...defined({ pod: pod && { ...pod }, runtime }),
    ms: Math.round(ms * 1000) / 1000,
    failed: failed !== undefined,
    calls: calls.map(callOf),
  };
}

/** A call in a list. */
export function briefCall(call: RecordedCall): CallForm {
  const { id, time, operation, plugin, path, door, ms, exitCode, error } = call;
  return {
    id,
    time,
    operation,
    plugin,
    ...defined({ path }),
    door,
    ms,
    exitCode,
    ...defined({ error }),
  };
}

/** With its phases, its delegates, and the calls that plugins among them have made as programs. */
export function tracedCall(call: RecordedCall, forest: CallForest): CallForm {
  const { time, door } = call;
  return { ...partForm(call, forest, call, 0), time, door };
}

/** The same without its phases: for lists, which count delegates as well. */
export function callWithDelegates(call: RecordedCall, forest: CallForest): CallForm {
  return withoutSteps(tracedCall(call, forest));
}

function withoutSteps({ steps: _, calls = [], ...call }: CallForm): CallForm {
  return { ...call, calls: calls.map(withoutSteps) };
}

/** @param shiftMs from the beginning of the runtime's call to that of the recorded one */
function partForm(
  part: RecordedPart,
  forest: CallForest,
  call: RecordedCall,
  shiftMs: number,
): CallForm {
  const { id, operation, plugin, path, at, ms, exitCode, error, steps, calls } = part;
  const executed = forest.madeBy(part).map((each) => {
    const shift = shiftMs + Date.parse(each.time) - Date.parse(call.time);
    return { ...partForm(each, forest, each, shift), time: each.time, door: each.door };
  });
  return {
    ...{ id, operation, plugin, ...defined({ path }) },
    ...{ at: shiftMs + at, ms, exitCode, ...defined({ error }) },
    steps: steps.map((step) => ({ ...step, at: shiftMs + step.at })),
    calls: [...calls.map((each) => partForm(each, forest, call, shiftMs)), ...executed],
  };
}
