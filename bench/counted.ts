import type { Contender } from "./contender.ts";
import { amount, atMost, type Goal, type Plot, type Table, times } from "./outcome.ts";
import { type Row, rowOf } from "./turns.ts";

/** Costs at growing numbers of what is there already. */
export interface At {
  readonly count: number;
  readonly rows: readonly Row[];
}

const VERBS = ["add", "del"] as const;

function contendersOf(found: readonly At[]): Contender[] {
  const known = new Map(
    found.flatMap(({ rows }) => rows).map((r) => [r.contender.id, r.contender]),
  );
  return [...known.values()];
}

/** A row for each contender: the median at each number, and what the largest costs against none. */
export function countedTable(found: readonly At[], things: string): Table {
  const largest = found.at(-1);
  return {
    head: [
      `medians in milliseconds, ${things} present:`,
      ...found.flatMap(({ count }) => [`ADD ${count}`, `DEL ${count}`]),
      "ADD ×",
      "DEL ×",
    ],
    body: contendersOf(found).map(({ id, title }) => [
      title,
      ...found.flatMap(({ rows }) => {
        const row = rowOf(rows, id);
        return VERBS.map((verb) => (row === undefined ? "" : amount(row[verb].median)));
      }),
      ...VERBS.map((verb) => times(growth(found, id, verb, largest?.count ?? 0))),
    ]),
  };
}

/** How many times what it costs at the smallest number something costs at a larger one. */
export function growth(
  found: readonly At[],
  id: string,
  verb: "add" | "del",
  count: number,
): number {
  const first = rowOf(found[0]?.rows ?? [], id)?.[verb].median;
  const last = rowOf(found.find((at) => at.count === count)?.rows ?? [], id)?.[verb].median;
  return (last ?? Number.NaN) / (first ?? Number.NaN);
}

/** That a contender costs at most so many times more at the largest number. */
export function flatGoals(
  found: readonly At[],
  id: string,
  things: string,
  most: number,
  verbs: readonly ("add" | "del")[] = VERBS,
): Goal[] {
  const count = found.at(-1)?.count ?? 0;
  const contender = contendersOf(found).find((one) => one.id === id);
  return contender === undefined
    ? []
    : verbs.map((verb) => {
        const what = `${contender.title}: ${verb.toUpperCase()} with ${count} ${things}`;
        return atMost(what, growth(found, id, verb, count), most);
      });
}

/** A plot of ADD and one of DEL. */
export function countedPlots(found: readonly At[], id: string, things: string): Plot[] {
  return VERBS.map((verb) => ({
    id: `${id}-${verb}`,
    title: `${verb.toUpperCase()} with many ${things} present`,
    x: things,
    y: "median, ms",
    lines: contendersOf(found).map((contender) => ({
      name: contender.title,
      points: found.flatMap(({ count, rows }) => {
        const row = rowOf(rows, contender.id);
        return row === undefined ? [] : [[count, row[verb].median] as const];
      }),
    })),
  }));
}
