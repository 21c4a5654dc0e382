/** What a scenario finds; plain data, so that a record on disk holds all that the tables show. */

/** A table, its cells as they are shown. */
export interface Table {
  readonly head: readonly string[];
  readonly body: readonly (readonly string[])[];
}

/** Something that has to hold. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** Lines over a number of things. */
export interface Plot {
  /** Names its file. */
  readonly id: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

export interface Outcome {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  readonly plots?: readonly Plot[];
  /** Every single time, under names that only the scenario knows. */
  readonly raw: unknown;
  /** What is to be known beside the tables. */
  readonly notes?: readonly string[];
}

/** A goal "at least so many times". */
export function atLeast(what: string, measured: number, least: number): Goal {
  const goal = `≥ ${least}×`;
  return { what, goal, measured: times(measured), reached: measured >= least };
}

/** A goal "at most so many times". */
export function atMost(what: string, measured: number, most: number): Goal {
  const goal = `≤ ${most}×`;
  return { what, goal, measured: times(measured), reached: measured <= most };
}

/** A goal "no more than so many of a unit". */
export function below(what: string, measured: number, most: number, unit: string): Goal {
  const goal = `≤ ${most} ${unit}`;
  return { what, goal, measured: `${amount(measured)} ${unit}`, reached: measured <= most };
}

/** A number as it stands in a table. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(1);
}

export function times(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(value < 10 ? 2 : 1)}×` : "–";
}
