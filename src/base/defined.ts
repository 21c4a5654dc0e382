/** An object without the keys whose value is undefined. */
export type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The keys of an object that have a value. A key of type `?: T` takes no `undefined`. */
export function defined<T extends object>(object: T): Defined<T> {
  const kept: Defined<T> = {};
  for (const key in object) {
    const value = object[key];
    if (value !== undefined) kept[key] = value as Defined<T>[typeof key];
  }
  return kept;
}
