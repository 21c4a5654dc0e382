import type { UiTimes } from "../inside/ui.ts";
import { amount, below, type Goal, type Table } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { summarise } from "../statistics.ts";
import { World } from "../world.ts";

/** Milliseconds, KiB, and the part of a processor that an idle process has anyhow, in per cent. */
const GOALS = { joined: 150, drawn: 2000, followed: 200, size: 500, idle: 0.1 } as const;
const KIB = 1024;
const PERCENT = 100;

/** The picture of a node. */
export const ui: Scenario = {
  id: "ui",
  title: "The page of hawser ui",
  text:
    "`hawser ui` on a node with many attachments of the dbnet chain, and Debian's Chromium on the same " +
    "processors: the time of the answer with all attachments; from the beginning of a load until the map is " +
    "drawn; from the end of an ADD until the open map has it, with two seconds between such changes; what the server has of a processor while nothing " +
    "happens, from 40 s after the last that did, when Bun looks for garbage no more each second; the compressed " +
    "size of what the first view loads; `hawser report` as a whole; and the node daemon's own memory before and " +
    "after the first questions to its API.",
  run: async ({ size, say }) => {
    if (Bun.which("chromium") === null) say("left out: the browser (npm run setup)");
    const world = await World.open("hawser");
    try {
      say(`ui: ${size.attached} attachments`);
      await world.ask("attachMany", { count: size.attached, apart: true });
      const found = await world.ask("uiTimes", {
        ...{ count: size.attached, rounds: size.slowRounds },
        ...{ watchMs: size.uiWatchMs, settleMs: size.uiSettleMs },
        ...{ apartMs: size.uiApartMs, collectedMs: size.collectedMs },
      });
      return {
        tables: [tableOf(found, size.attached)],
        goals: goalsOf(found, size.attached),
        raw: found,
      };
    } finally {
      await world.close();
    }
  },
};

function tableOf({ joined, page, bytes, idle, report, daemon }: UiTimes, count: number): Table {
  const row = (title: string, times: readonly number[]): string[] => {
    const { median, p99 } = summarise(times);
    return [title, `${amount(median)} ms`, `${amount(p99)} ms`];
  };
  return {
    head: [`${count} attachments`, "median", "p99"],
    body: [
      row("all attachments, joined and sent", joined),
      ...(page === undefined ? [] : [row("map drawn", page.drawn)]),
      ...(page === undefined ? [] : [row("each of them on it", page.unfolded)]),
      ...(page === undefined ? [] : [row("a change followed", page.followed)]),
      ["first view, compressed", `${amount(bytes / KIB)} KiB`, ""],
      row("hawser report", report.ms),
      [
        "its file, and compressed",
        `${amount(report.bytes / KIB)} KiB`,
        `${amount(report.compressed / KIB)} KiB`,
      ],
      ["daemon's own memory, not asked yet", `${amount(daemon.before)} MiB`, ""],
      ["the same once asked", `${amount(daemon.after)} MiB`, ""],
      ["server, of a processor, nothing asks", `${amount(idle.alone * PERCENT)} %`, ""],
      ...(idle.open === undefined
        ? []
        : [["the same with an open page", `${amount(idle.open * PERCENT)} %`, ""]]),
    ],
  };
}

function goalsOf({ joined, page, bytes, idle }: UiTimes, count: number): Goal[] {
  const median = (times: readonly number[]): number => summarise(times).median;
  const many = `${count} attachments`;
  return [
    below(`ui, ${many} joined`, median(joined), GOALS.joined, "ms"),
    below("ui, first view", bytes / KIB, GOALS.size, "KiB"),
    ...(page === undefined
      ? []
      : [
          below(`ui, map of ${many} drawn`, median(page.drawn), GOALS.drawn, "ms"),
          below(`ui, a change among ${many}`, median(page.followed), GOALS.followed, "ms"),
          below(`ui, the slowest of them`, summarise(page.followed).p99, GOALS.followed, "ms"),
        ]),
    ...(idle.open === undefined
      ? []
      : [
          below(
            "ui, processor for an open page",
            (idle.open - idle.alone) * PERCENT,
            GOALS.idle,
            "%",
          ),
        ]),
  ];
}
