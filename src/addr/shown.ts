/** What consoles ask for (util.inspect of Node, and Bun's); addr runs anywhere, and imports neither. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Has consoles show the values of a class as their text; their fields are private, and tell nothing. */
export function shownAsText(name: string, prototype: Printed): void {
  Object.defineProperty(prototype, INSPECT, {
    value(this: Printed): string {
      return `${name} ${this.toString()}`;
    },
  });
}

interface Printed {
  toString(): string;
}
