import type { Contender } from "./contender.ts";
import { type Summary, summarise } from "./statistics.ts";
import type { Round } from "./world.ts";

/** What a contender measured. */
export interface Row {
  readonly contender: Contender;
  readonly add: Summary;
  readonly del: Summary;
}

/** Sums a contender's rounds up. */
export function rowOf(contender: Contender, rounds: readonly Round[]): Row {
  return {
    contender,
    add: summarise(rounds.map((round) => round.add)),
    del: summarise(rounds.map((round) => round.del)),
  };
}

function markdown(head: readonly string[], body: readonly (readonly string[])[]): string {
  const width = head.map((cell, at) =>
    Math.max(cell.length, ...body.map((r) => r[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(width[at] ?? 0) : cell.padStart(width[at] ?? 0))).join(" | ")} |`;
  const rule = width.map((n, at) => (at === 0 ? "-".repeat(n) : `${"-".repeat(n - 1)}:`));
  return [line(head), line(rule), ...body.map(line)].join("\n");
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** Medians, 90th percentiles and extremes of all rows. */
export function timesTable(rows: readonly Row[], first: string): string {
  const head = [first, "ADD median", "p90", "min", "DEL median", "p90", "min"];
  const body = rows.map(({ contender, add, del }) => [
    contender.title,
    ...[add.median, add.p90, add.min, del.median, del.p90, del.min].map(ms),
  ]);
  return markdown(head, body);
}

/** Process starts, which have no DEL. */
export function startsTable(rows: readonly Row[]): string {
  const body = rows.map(({ contender, add }) => [
    contender.title,
    ...[add.median, add.p90, add.min].map(ms),
  ]);
  return markdown(["start of a process, ms", "median", "p90", "min"], body);
}

/** How many times faster than each reference the others are, by their medians: `ADD / DEL`. */
export function ratiosTable(rows: readonly Row[]): string {
  const references = rows.filter((row) => row.contender.reference);
  const others = rows.filter((row) => !row.contender.reference);
  const head = ["times faster than …, ADD / DEL", ...references.map((row) => row.contender.title)];
  const body = others.map((row) => [
    row.contender.title,
    ...references.map((reference) => {
      const add = reference.add.median / row.add.median;
      const del = reference.del.median / row.del.median;
      return `${add.toFixed(1)} / ${del.toFixed(1)}`;
    }),
  ]);
  return markdown(head, body);
}

/** What has to hold: how many times faster than every reference, at least. */
const GOALS = [
  { id: "runtime", add: 15, del: 5 },
  { id: "executables", add: 1, del: 1 },
] as const;

/** The goals that this run missed, in words. */
export function missedGoals(rows: readonly Row[]): string[] {
  const references = rows.filter((row) => row.contender.reference);
  return GOALS.flatMap((goal) => {
    const row = rows.find(({ contender }) => contender.id === goal.id);
    if (row === undefined) {
      return [];
    }
    return references.flatMap((reference) =>
      (["add", "del"] as const).flatMap((operation) => {
        const ratio = reference[operation].median / row[operation].median;
        const names = `${row.contender.title} against ${reference.contender.title}`;
        return ratio >= goal[operation]
          ? []
          : [
              `${operation.toUpperCase()}, ${names}: ${ratio.toFixed(2)} times, not ${goal[operation]}`,
            ];
      }),
    );
  });
}
