import { RUNTIME_MUTANTS } from "./runtime/table.ts";
import { MUTANTS } from "./table.ts";

/** What a run of the suite is about: a plugin or the runtime, with one fault. */

/** In the place of a plugin's name: the runtime. */
export const RUNTIME = "runtime";

export interface Subject {
  readonly name: string;
  /** The fault in one line. */
  readonly what: string;
  /** A plugin of `dist/cni`, or `RUNTIME`. */
  readonly of: string;
}

/** All of them. */
export const SUBJECTS: readonly Subject[] = [
  ...MUTANTS.map(({ name, what, of }) => ({ name, what, of })),
  ...RUNTIME_MUTANTS.map(({ name, what }) => ({ name, what, of: RUNTIME })),
];

/** Which faults a run is about. */
export interface Choice {
  readonly only?: readonly string[] | undefined;
  /** Those of one plugin, or of the runtime. */
  readonly of?: string | undefined;
  /** So many, by chance. */
  readonly sample?: number | undefined;
  /** The same seed chooses the same. */
  readonly seed: number;
}

/**
 * The faults that are chosen, in their order.
 * @throws Error for a name that none has
 */
export function chooseSubjects({ only, of, sample, seed }: Choice): readonly Subject[] {
  const named = only === undefined ? SUBJECTS : only.map(find);
  const wanted = named.filter((subject) => of === undefined || subject.of === of);
  if (sample === undefined) return wanted;
  return wanted
    .map((subject) => ({ subject, draw: Bun.hash(subject.name, seed) }))
    .sort((one, other) => (one.draw < other.draw ? -1 : 1))
    .slice(0, sample)
    .map(({ subject }) => subject);
}

function find(name: string): Subject {
  const found = SUBJECTS.find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`no mutant is named ${JSON.stringify(name)}`);
  return found;
}
