import type { Goal, Outcome, Table } from "./outcome.ts";

/** A run as it is kept: all that its tables and plots show, and each single time. */
export interface Record {
  /** When, as in the names of its files. */
  readonly when: string;
  readonly machine: string;
  /** What was asked for, as on the command line. */
  readonly asked: string;
  readonly scenarios: readonly {
    readonly id: string;
    readonly title: string;
    readonly text: string;
    readonly outcome: Outcome;
  }[];
}

/** The goals of a run. */
export function goalsOf(record: Record): Goal[] {
  return record.scenarios.flatMap(({ outcome }) => outcome.goals);
}

/**
 * A run in Markdown.
 *
 * @param plotPath Where a plot's file is, seen from the text.
 */
export function render(record: Record, plotPath: (id: string) => string, heading = "##"): string {
  const parts = [`${record.machine}; \`npm run bench${record.asked}\``];
  const goals = goalsOf(record);
  if (goals.length > 0) parts.push(`${heading} Goals`, markdown(goalsTable(goals)));
  for (const { title, text, outcome } of record.scenarios) {
    parts.push(`${heading} ${title}`, text);
    parts.push(...outcome.tables.filter(({ body }) => body.length > 0).map(markdown));
    for (const plot of outcome.plots ?? []) parts.push(`![${plot.title}](${plotPath(plot.id)})`);
  }
  return parts.join("\n\n");
}

function goalsTable(goals: readonly Goal[]): Table {
  return {
    head: ["what", "goal", "measured", ""],
    body: goals.map(({ what, goal, measured, reached }) => [
      what,
      goal,
      measured,
      reached ? "reached" : "**missed**",
    ]),
  };
}

/** A table in Markdown: words to the left, numbers to the right. */
export function markdown({ head, body }: Table): string {
  const width = head.map((cell, at) =>
    Math.max(3, cell.length, ...body.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, at) =>
      at === 0 ? cell.padEnd(width[at] ?? 0) : cell.padStart(width[at] ?? 0),
    );
    return `| ${padded.join(" | ")} |`;
  };
  const rule = width.map((n, at) => (at === 0 ? "-".repeat(n) : `${"-".repeat(n - 1)}:`));
  return [line(head), line(rule), ...body.map(line)].join("\n");
}
