/** Recorded calls drawn over time: plugins, the calls that they make, and their steps. */
import type { createColors } from "picocolors";
import { printable } from "../../base/index.ts";
import type { CallForest, CallGroup, RecordedCall, RecordedPart } from "../../recording/index.ts";
import { duration } from "../durations.ts";

type Colors = ReturnType<typeof createColors>;

export interface Drawing {
  readonly colors: Colors;
  /** Of a line, in characters. */
  readonly columns: number;
}

/** A line: a name, and the time that it takes. */
interface Row {
  readonly depth: number;
  readonly name: string;
  /** From the beginning of the group, in milliseconds. */
  readonly at: number;
  readonly ms: number;
  readonly kind: "call" | "step";
  /** Behind the time, for a call. */
  readonly note: string;
  /** Below the line. */
  readonly said: readonly string[];
}

const NAME_MAX = 30;
const BAR_MIN = 10;
const TIME_WIDTH = 9;
const INDENT = 2;
/** A plugin decides how long its message is. */
const SAID_MAX = 400;

export function waterfall(group: CallGroup, forest: CallForest, drawing: Drawing): string {
  const start = Date.parse(group.time);
  const rows = group.calls.flatMap((call) => rowsOfCall(call, forest, start, 1));
  const names = rows.map(({ depth, name }) => depth * INDENT + name.length);
  const nameWidth = Math.min(NAME_MAX, Math.max(...names));
  const notes = Math.max(...rows.map(({ note }) => note.length));
  const others = nameWidth + TIME_WIDTH + 2 + (notes === 0 ? 0 : notes + 2);
  const barWidth = Math.max(BAR_MIN, drawing.columns - others);
  // Times within a millisecond still have a width.
  const scale = barWidth / Math.max(group.ms, ...rows.map(({ at, ms }) => at + ms), 0.001);
  const lines = rows.flatMap((row) => linesOf(row, { nameWidth, barWidth, scale, ...drawing }));
  return `${lines.map((line) => `${line.trimEnd()}\n`).join("")}`;
}

function rowsOfCall(call: RecordedCall, forest: CallForest, start: number, depth: number): Row[] {
  const begun = Date.parse(call.time) - start;
  return rowsOf(call, { forest, start, begun, depth, note: call.door });
}

interface CallPlace {
  readonly forest: CallForest;
  readonly start: number;
  /** When the recorded call began, from the beginning of the group. */
  readonly begun: number;
  readonly depth: number;
  readonly note: string;
}

/** A call, and below it its steps and the calls that it made: within a step, if they fit into its time. */
function rowsOf(part: RecordedPart, place: CallPlace): Row[] {
  const { forest, start, begun, depth, note } = place;
  const head: Row = {
    ...{ depth, at: begun + part.at, ms: part.ms, kind: "call", note, said: saidBy(part) },
    name: printable(depth === 1 ? part.plugin : `${part.plugin} ${part.operation}`),
  };
  const steps = part.steps.map(
    (step): Row => ({
      ...{ depth: depth + 1, name: printable(step.step), at: begun + step.at, ms: step.ms },
      ...{ kind: "step", note: "", said: [] },
    }),
  );
  const below = (at: number, ms: number): number =>
    steps.some((step) => step.at <= at + 0.01 && at + ms <= step.at + step.ms + 0.01) ? 2 : 1;
  const made = part.calls.map((call) => {
    const deeper = depth + below(begun + call.at, call.ms);
    return rowsOf(call, { ...place, depth: deeper, note: "" });
  });
  const executed = forest.madeBy(part).map((call) => {
    const at = Date.parse(call.time) - start;
    return rowsOfCall(call, forest, start, depth + below(at, call.ms));
  });
  const blocks = [...steps.map((step) => [step]), ...made, ...executed];
  // A step that holds a call begins before it, if only by a hair.
  blocks.sort(
    ([one], [other]) =>
      (one?.at ?? 0) - (other?.at ?? 0) || (one?.depth ?? 0) - (other?.depth ?? 0),
  );
  return [head, ...blocks.flat()];
}

function saidBy({ exitCode, signal, error }: RecordedPart): string[] {
  if (exitCode === 0) return [];
  const how = signal === undefined ? `exit code ${exitCode ?? "unknown"}` : `ended by ${signal}`;
  if (error === undefined) return [how];
  const msg = printable(error.msg).replaceAll("\n", " ").slice(0, SAID_MAX);
  return [error.code === 0 ? msg : `code ${error.code}: ${msg}`];
}

interface Scale extends Drawing {
  readonly nameWidth: number;
  readonly barWidth: number;
  /** Characters of a millisecond. */
  readonly scale: number;
}

function linesOf(row: Row, { nameWidth, barWidth, scale, colors }: Scale): string[] {
  const indent = " ".repeat(row.depth * INDENT);
  const room = nameWidth - indent.length;
  const name = row.name.length > room ? `${row.name.slice(0, Math.max(1, room - 1))}…` : row.name;
  const from = Math.min(barWidth - 1, Math.max(0, Math.floor(row.at * scale)));
  const length = Math.max(1, Math.min(barWidth - from, Math.round(row.ms * scale)));
  const isFailed = row.said.length > 0;
  const drawn = (row.kind === "call" ? "█" : "▒").repeat(length);
  const shown = row.kind === "call" ? colors.bold(name) : name;
  const color = isFailed ? colors.red : row.kind === "call" ? colors.cyan : colors.dim;
  const bar = `${" ".repeat(from)}${color(drawn)}${" ".repeat(barWidth - from - length)}`;
  const pad = " ".repeat(Math.max(1, nameWidth + 1 - indent.length - name.length));
  const time = duration(row.ms).padStart(TIME_WIDTH);
  const note = row.note === "" ? "" : `  ${colors.dim(row.note)}`;
  const said = row.said.map((text) => `${indent}${colors.red("✗")} ${text}`);
  return [`${indent}${shown}${pad}${bar} ${colors.dim(time)}${note}`, ...said];
}
