/** Recorded calls in lines and as JSON. */
import { createColors } from "picocolors";
import { defined, printable } from "../../base/index.ts";
import type { CallGroup, RecordedCall } from "../../recording/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { duration } from "../durations.ts";
import type { Output } from "../io.ts";
import { rounded } from "../report.ts";

const SHORT_ID = 8;
const SHORT_CONTAINER = 20;
const SAID_MAX = 160;

/** A line for each group, under a head; columns as wide as they have to be. */
export function groupLines(groups: readonly CallGroup[], output: Output, head = true): string {
  const colors = createColors(output.color);
  const titles = ["ID", "TIME", "OPERATION", "NETWORK", "CONTAINER", "PLUGINS", "TOOK", "RESULT"];
  const rows = groups.map(cellsOf);
  const all = head ? [titles, ...rows] : rows;
  const widths = titles.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const lines = all.map((row, index) => {
    const cells = row.map((cell, at) => {
      const isLast = at === row.length - 1;
      const text = isLast
        ? cell
        : at === 6
          ? cell.padStart(widths[at] ?? 0)
          : cell.padEnd(widths[at] ?? 0);
      if (head && index === 0) return colors.dim(text);
      return isLast && cell !== "ok" ? colors.red(text) : text;
    });
    return `${cells.join("  ").trimEnd()}\n`;
  });
  return lines.join("");
}

function cellsOf(group: CallGroup): string[] {
  const { id, time, operation, network, calls, ms } = group;
  const cells = [
    id.slice(0, SHORT_ID),
    timeText(time),
    operation,
    network || "-",
    subjectOf(group),
    calls.map(({ plugin }) => plugin).join(","),
    duration(ms),
    resultOf(group),
  ];
  return cells.map((cell) => printable(cell).replaceAll(/\s+/gu, " "));
}

/** The pod where it is known, else the container. */
export function subjectOf({ pod, containerId }: CallGroup): string {
  if (pod !== undefined) return pod;
  return containerId.length > SHORT_CONTAINER
    ? `${containerId.slice(0, SHORT_CONTAINER - 1)}…`
    : containerId || "-";
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
  const { id, operation, network, containerId, ifName, netns, pod, runtime, time, ms } = group;
  const { failed, calls } = group;
  return {
    ...{ id, time, operation, network, containerId, ifName, netns },
    ...defined({ pod, runtime }),
    ms: rounded(ms),
    failed: failed !== undefined,
    calls: calls.map((call) => (whole ? wholeJson(call) : briefJson(call))),
  };
}

function briefJson(call: RecordedCall): JsonObject {
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

/** It was read as JSON, and is some again. */
function wholeJson(call: RecordedCall): JsonObject {
  return JSON.parse(JSON.stringify(call)) as JsonObject;
}
