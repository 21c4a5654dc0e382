import type { CallForm, CallGroupForm } from "../../forms/index.ts";

/** A line of a waterfall: a call of a plugin, or a step of one, and when it went on. */
export interface WaterfallRow {
  /** Unique in its waterfall. */
  readonly key: string;
  readonly depth: number;
  readonly kind: "call" | "step";
  readonly label: string;
  /** What the step did, or how the call was made. */
  readonly note: string;
  /** Milliseconds from the beginning of the whole. */
  readonly at: number;
  readonly ms: number;
  readonly error: { readonly code: number; readonly msg: string } | undefined;
  readonly hasFailed: boolean;
}

export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  /** Of the whole, in milliseconds: no row ends behind it. */
  readonly ms: number;
}

/** Clocks say a little too early or too late: a call that ends so soon behind a step is within it. */
const HAIR_MS = 0.01;

/** The calls of a group over time: each with its steps, and the calls that it made below them. */
export function waterfallOf(group: CallGroupForm): Waterfall {
  const start = Date.parse(group.time);
  const rows = group.calls.flatMap((call) => {
    const begun = call.time === undefined ? 0 : Math.max(0, Date.parse(call.time) - start);
    return callRows(call, 0, begun);
  });
  const end = Math.max(group.ms, ...rows.map(({ at, ms }) => at + ms), HAIR_MS);
  return { rows, ms: end };
}

/**
 * Steps and calls within one call stand in the order in which they began.
 * @param base where the runtime's call begins that this one is within: its times count from there
 */
function callRows(call: CallForm, depth: number, base: number): WaterfallRow[] {
  const at = base + (call.at ?? 0);
  const steps = (call.steps ?? []).map((step, index): WaterfallRow => {
    const { ms, text } = step;
    const key = `${call.id} ${index}`;
    const begun = base + step.at;
    return {
      ...{ key, depth: depth + 1, kind: "step", label: step.step, note: text, at: begun, ms },
      ...{ error: undefined, hasFailed: false },
    };
  });
  const blocks = [
    ...steps.map((step) => [step]),
    ...(call.calls ?? []).map((each) => {
      const begun = base + (each.at ?? call.at ?? 0);
      return callRows(each, depth + (isWithin(steps, begun, each.ms) ? 2 : 1), base);
    }),
  ];
  blocks.sort(([one], [other]) => {
    return (one?.at ?? 0) - (other?.at ?? 0) || (one?.depth ?? 0) - (other?.depth ?? 0);
  });
  const own: WaterfallRow = {
    ...{ key: call.id, depth, kind: "call", at, ms: call.ms, error: call.error },
    label: depth === 0 ? call.plugin : `${call.plugin} ${call.operation}`,
    note: doorWords(call),
    hasFailed: call.error !== undefined || call.exitCode !== 0,
  };
  return [own, ...blocks.flat()];
}

function isWithin(steps: readonly WaterfallRow[], at: number, ms: number): boolean {
  return steps.some((step) => step.at <= at + HAIR_MS && at + ms <= step.at + step.ms + HAIR_MS);
}

function doorWords({ door, exitCode }: CallForm): string {
  const by = {
    executable: "as an executable",
    "in process": "in process",
    daemon: "by the daemon",
  };
  const words = door === undefined ? [] : [by[door]];
  if (exitCode === null) words.push("ended by a signal, or never started");
  else if (exitCode !== 0) words.push(`exit code ${exitCode}`);
  return words.join(", ");
}

/** Where a row is drawn, in per cent of the whole; the shortest is still to be seen. */
export function barOf({ at, ms }: WaterfallRow, whole: number): { left: number; width: number } {
  const left = Math.min(99.5, Math.max(0, (at / whole) * 100));
  return { left, width: Math.min(100 - left, Math.max(0.5, (ms / whole) * 100)) };
}
