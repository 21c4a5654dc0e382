/** Recorded calls in lines and as JSON. */
import { createColors } from "picocolors";
import { briefCall, groupForm } from "../../api/form/index.ts";
import { printable } from "../../base/index.ts";
import type { CallGroup, RecordedCall } from "../../recording/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { podName } from "../../view/index.ts";
import { shortId } from "../attachments.ts";
import { duration } from "../durations.ts";
import type { Output } from "../io.ts";
import { json } from "../json.ts";
import { type Column, table } from "../table.ts";

const SHORT_ID = 8;
const SAID_MAX = 160;
/** A terminal leaves so much of these. */
const LEAST = 12;

/** A line for each group, under their titles. */
export function groupLines(groups: readonly CallGroup[], output: Output): string {
  return table(columnsIn(output), groups, output);
}

function columnsIn(output: Output): Column<CallGroup>[] {
  const colors = createColors(output.color);
  return [
    { title: "ID", text: ({ id }) => id.slice(0, SHORT_ID) },
    { title: "TIME", text: ({ time }) => timeText(time) },
    { title: "OPERATION", text: ({ operation }) => operation },
    { title: "NETWORK", text: ({ network }) => network, least: LEAST },
    { title: "CONTAINER", text: subjectOf, least: LEAST },
    {
      title: "PLUGINS",
      text: ({ calls }) => calls.map(({ plugin }) => plugin).join(","),
      least: LEAST,
    },
    { title: "TOOK", text: ({ ms }) => duration(ms), isRight: true },
    {
      title: "RESULT",
      text: resultOf,
      paint: (text, { failed }) => (failed === undefined ? text : colors.red(text)),
      least: 2 * LEAST,
    },
  ];
}

/** The same as one line without columns, for a list that goes on. */
export function groupLine(group: CallGroup): string {
  const cells = columnsIn({ write: () => undefined, isTTY: false, color: false }).map(({ text }) =>
    printable(text(group)).replaceAll(/\s+/gu, " "),
  );
  return `${cells.map((cell) => cell || "-").join("  ")}\n`;
}

/** The pod where it is known, else the container. */
export function subjectOf({ pod, containerId }: CallGroup): string {
  return pod === undefined ? shortId(containerId) : podName(pod);
}

function resultOf({ failed }: CallGroup): string {
  if (failed === undefined) return "ok";
  const { plugin, error, exitCode, signal } = failed;
  if (error === undefined) return `${plugin}: ${signal ?? `exit code ${exitCode ?? "unknown"}`}`;
  const code = error.code === 0 ? "" : `code ${error.code}: `;
  return `${plugin}: ${code}${error.msg}`.slice(0, SAID_MAX);
}

/** By the clock of this machine: the time, with the day when that is another one. */
export function timeText(iso: string, now: Date = new Date()): string {
  const at = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** A group in an answer for programs. @param whole with all that is recorded of its calls */
export function groupJson(group: CallGroup, whole: boolean): JsonObject {
  return json(groupForm(group, whole ? wholeCall : briefCall));
}

/** It was read as JSON, and is some again. */
function wholeCall(call: RecordedCall): RecordedCall {
  return JSON.parse(JSON.stringify(call)) as RecordedCall;
}
