/** The clock: files of the future show that it was put back. */

import { lstatSync } from "node:fs";
import type { Report } from "../report.ts";
import type { Node } from "../surroundings.ts";
import type { NodeStage } from "./stage.ts";

/** Clocks of file systems on a network may differ by as much. */
const TOLERANCE_MS = 60_000;

export const clock: NodeStage = {
  name: "clock",
  title: "clock",
  look({ node }, report) {
    report.look("times of cached results and reservations");
    const latest = latestOf(node);
    const isAhead = latest !== undefined && latest.since > node.now + TOLERANCE_MS;
    if (isAhead) stepped(report, node, latest);
    report.pass("no file is from the future");
  },
};

interface Dated {
  readonly what: string;
  readonly since: number;
}

function latestOf({ view }: Node): Dated | undefined {
  let latest: Dated | undefined;
  for (const { containerId, cacheFile, reservations, since } of view.attachments) {
    const [first] = reservations;
    const file = cacheFile ?? first?.path;
    const written = file && lstatSync(file, { throwIfNoEntry: false })?.mtimeMs;
    const time = Math.max(since ?? 0, written || 0);
    if (latest !== undefined && time <= latest.since) continue;
    latest = { what: file ?? containerId, since: time };
  }
  return latest;
}

function stepped(report: Report, { now }: Node, { what, since }: Dated): void {
  const seconds = Math.round((since - now) / 1000);
  report.find(
    "clock-stepped-back",
    `${what} is ${seconds} s from the future: the clock was put back since it was written, and ages are wrong`,
    "timedatectl status",
  );
}
