import { atMost, type Goal, type Table, times } from "./outcome.ts";
import { type Row, rowOf } from "./turns.ts";

/** This checkout against the one that `--against` names, contender by contender. */

const VERBS = ["add", "del"] as const;
/** No way of calling may become slower by more than this. */
const MOST = 1.05;
const GUARDED = ["executables", "entry"];

interface Pair {
  readonly before: Row;
  readonly now: Row;
}

function pairsOf(rows: readonly Row[]): Pair[] {
  return rows.flatMap((before) => {
    const { after } = before.contender;
    const now = after === undefined ? undefined : rowOf(rows, after);
    return now === undefined ? [] : [{ before, now }];
  });
}

/** How many times as long as before each way takes; no rows when nothing was compared. */
export function beforeTable(rows: readonly Row[]): Table {
  return {
    head: ["times as long as before", "ADD median", "min", "DEL median", "min"],
    body: pairsOf(rows).map(({ before, now }) => [
      now.contender.title,
      ...VERBS.flatMap((verb) =>
        (["median", "min"] as const).map((which) => times(now[verb][which] / before[verb][which])),
      ),
    ]),
  };
}

/** That the ways of calling which runtimes use did not become slower. */
export function beforeGoals(rows: readonly Row[]): Goal[] {
  return pairsOf(rows)
    .filter(({ now }) => GUARDED.includes(now.contender.id))
    .flatMap(({ before, now }) =>
      VERBS.map((verb) =>
        atMost(
          `${now.contender.title}: ${verb.toUpperCase()} against before`,
          now[verb].median / before[verb].median,
          MOST,
        ),
      ),
    );
}
