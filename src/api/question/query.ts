import { badQuestion } from "./refusal.ts";

/** A key that the query of a resource may have. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  /** What a value may be; any text when absent. */
  readonly values?: readonly string[];
  /** For a number: the least and the most. */
  readonly between?: readonly [least: number, most: number];
  readonly isRepeatable?: boolean;
}

/** More than any person types. */
const TEXT_MAX = 1024;
const VALUES_MAX = 64;

/** What a query asks for. */
export class Query {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** @throws Refusal for a key that is not known, and for a value that cannot be */
  constructor(given: URLSearchParams, parameters: readonly Parameter[]) {
    const values = new Map<string, string[]>();
    for (const [name, value] of given) {
      const known = parameters.find((each) => each.name === name);
      if (known === undefined) throw unknownKey(name, parameters);
      check(known, value);
      const before = values.get(name) ?? [];
      if (before.length > 0 && known.isRepeatable !== true) {
        throw badQuestion(`${name} is there twice`);
      }
      if (before.length === VALUES_MAX) throw badQuestion(`${name} is there too often`);
      values.set(name, [...before, value]);
    }
    this.#values = values;
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  text(name: string): string | undefined {
    return this.all(name)[0];
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
}

function check({ name, values, between }: Parameter, value: string): void {
  if (value === "" || value.length > TEXT_MAX) {
    throw badQuestion(`${name} has to have 1 to ${TEXT_MAX} characters`);
  }
  if (values !== undefined && !values.includes(value)) {
    throw badQuestion(`${name} cannot be ${value}`, `it is one of ${values.join(", ")}`);
  }
  if (between === undefined) return;
  const [least, most] = between;
  const number = /^\d{1,15}$/u.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw badQuestion(`${name} is a number from ${least} to ${most}, not ${value}`);
  }
}

function unknownKey(name: string, parameters: readonly Parameter[]): Error {
  const names = parameters.map((each) => each.name).join(", ");
  const advice = names === "" ? "this takes no query" : `known are ${names}`;
  return badQuestion(`the query has ${name}, which is not known here`, advice);
}
