import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { History, type HistoryEvent } from "./history.ts";
import { isIn, periodsOf } from "./periods.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "history-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const ATTACHMENT = { network: "dbnet", containerId: "c1", ifName: "eth0" };
const ATTACHED: Omit<HistoryEvent, "time" | "by" | "pid"> = {
  ...{ ...ATTACHMENT, netns: "/run/netns/blue", addresses: ["10.1.0.2/24"] },
  event: "attached",
};

/** A line of another process. */
function foreign(event: Partial<HistoryEvent> = {}): string {
  const line = { time: "2026-11-29T15:00:00.000Z", ...ATTACHED, by: "hawser", pid: 1, ...event };
  return `${JSON.stringify(line)}\n`;
}

test("what others add is news once, what this process adds is none", () => {
  const path = join(directory, "history.jsonl");
  writeFileSync(path, foreign());
  const history = new History(directory, "daemon");
  expect(history.news()).toEqual([]);
  history.add(ATTACHED);
  appendFileSync(path, foreign({ containerId: "c2" }));
  history.add({ ...ATTACHED, event: "detached" });
  expect(history.news()).toMatchObject([{ containerId: "c2", by: "hawser" }]);
  expect(history.news()).toEqual([]);
  expect(history.all()).toHaveLength(4);
  appendFileSync(path, 'nonsense\n[]\n{"time":1}\n{"time":"x","event":"attached"}\n{"time":"half');
  expect(history.news()).toEqual([]);
});

test("case D4, kind: the history is bounded, and news are not lost where one file follows the other", () => {
  const path = join(directory, "history.jsonl");
  const history = new History(directory, "daemon");
  let seen = 0;
  for (let round = 0; round < 7; round++) {
    const lines = Array.from({ length: 1000 }, (_, n) => foreign({ netns: "x".repeat(900) + n }));
    appendFileSync(path, lines.join(""));
    history.add(ATTACHED);
    seen += history.news().length;
  }
  expect(seen).toBe(7000);
  expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThan(8 << 20);
  expect(history.all().length).toBeLessThan(7007);
});

test("periods begin and end with their events, and with the history", () => {
  const event = (time: string, more: Partial<HistoryEvent>): HistoryEvent => ({
    ...{ time: `2026-11-29T${time}:00.000Z`, ...ATTACHED, by: "daemon", pid: 1, ...more },
  });
  const netns = { path: "/run/netns/red", dev: 1n, ino: 1n };
  const entry = {
    ...ATTACHMENT,
    plugin: "bridge",
    bootId: "b",
    netns,
    cwd: "/",
    env: {},
    stdin: "",
  };
  const periods = periodsOf(
    [
      event("09:00", { event: "detached", containerId: "older" }),
      event("10:00", {}),
      event("11:00", { event: "detached" }),
      event("12:00", { containerId: "c2" }),
      event("13:00", { containerId: "c3" }),
      event("14:00", { containerId: "c3", addresses: ["fd00::2/64"] }),
    ],
    [
      { ...entry, containerId: "c2", addresses: ["10.1.0.2/24"] },
      { ...entry, containerId: "c4", addresses: ["10.1.0.9/24"] },
      { ...entry, containerId: "c5" },
    ],
  );
  const time = (at: string): string => `2026-11-29T${at}:00.000Z`;
  expect(periods).toMatchObject([
    { containerId: "older", to: time("09:00"), present: false },
    { containerId: "c1", from: time("10:00"), to: time("11:00"), present: false },
    { containerId: "c2", from: time("12:00"), present: true },
    { containerId: "c3", from: time("13:00"), to: time("14:00"), present: false },
    { containerId: "c3", from: time("14:00"), addresses: ["fd00::2/64"], present: false },
    { containerId: "c4", netns: "/run/netns/red", present: true },
  ]);
  const owners = (address: string, at?: string): string[] =>
    periods
      .filter((each) => isIn(each, { address, ...(at ? { at: new Date(time(at)) } : {}) }))
      .map(({ containerId }) => containerId);
  expect(owners("10.1.0.2")).toEqual(["older", "c1", "c2", "c3"]);
  expect(owners("10.1.0.2", "10:30")).toEqual(["c1"]);
  expect(owners("10.1.0.2", "11:00")).toEqual([]);
  expect(owners("fd00::2", "15:00")).toEqual(["c3"]);
  expect(owners("10.1.0.9", "01:00")).toEqual(["c4"]);
});
