import * as v from "valibot";

/** The pieces that the schemas of forms are made of. Readers overlook keys that they do not know. */

export type Schema<T> = v.GenericSchema<unknown, T>;
export type Optional<T> = v.OptionalSchema<Schema<T>, undefined>;

/** A schema for each key of a form: none may be forgotten. */
export type Keys<T> = {
  readonly [K in keyof T]-?: undefined extends T[K]
    ? Optional<Exclude<T[K], undefined>>
    : Schema<T[K]>;
};

export function object<T>(keys: Keys<T>, description?: string): Schema<T> {
  const schema = v.object(keys as v.ObjectEntries) as unknown as Schema<T>;
  return described(schema, description);
}

export function text(description?: string): Schema<string> {
  return described(v.string(), description);
}

/** ISO 8601, in UTC. */
export function time(description?: string): Schema<string> {
  return described(v.pipe(v.string(), v.isoTimestamp()), description);
}

export function number(description?: string): Schema<number> {
  return described(v.number(), description);
}

export function flag(description?: string): Schema<boolean> {
  return described(v.boolean(), description);
}

export function list<T>(of: Schema<T>, description?: string): Schema<readonly T[]> {
  return described(v.array(of) as Schema<readonly T[]>, description);
}

export function one<const T extends string>(values: readonly T[], description?: string): Schema<T> {
  return described(v.picklist(values), description);
}

export function maybe<T>(schema: Schema<T>): Optional<T> {
  return v.optional(schema);
}

/** The same thing with what it is here. */
export function described<T>(schema: Schema<T>, description: string | undefined): Schema<T> {
  return description === undefined ? schema : v.pipe(schema, v.description(description));
}
