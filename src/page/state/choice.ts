import { type Signal, signal } from "@preact/signals";

/** Light or dark: as the system says, unless the reader has chosen. */
export type Theme = "system" | "light" | "dark";
/** Whether a letter or a sign alone does something: speech input and slips of a hand type such keys unasked. */
export type SingleKeys = "on" | "off";

/** What keeps the reader's choices. */
export interface ChoiceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A choice of the reader that the browser keeps; the first value until then. */
export class KeptChoice<Value extends string> {
  readonly chosen: Signal<Value>;
  readonly #storage: ChoiceStorage;
  readonly #key: string;
  readonly #values: readonly [Value, ...Value[]];

  constructor(storage: ChoiceStorage, key: string, values: readonly [Value, ...Value[]]) {
    this.#storage = storage;
    this.#key = key;
    this.#values = values;
    this.chosen = signal(this.#kept() ?? values[0]);
  }

  choose(value: Value): void {
    this.chosen.value = value;
    try {
      this.#storage.setItem(this.#key, value);
    } catch {
      // A browser that keeps nothing: the choice lasts as long as the page does.
    }
  }

  /** The value behind the chosen one; the first behind the last. */
  next(): void {
    const values = this.#values;
    const at = values.indexOf(this.chosen.peek());
    this.choose(values[(at + 1) % values.length] ?? values[0]);
  }

  #kept(): Value | undefined {
    try {
      return this.#values.find((value) => value === this.#storage.getItem(this.#key));
    } catch {
      return undefined;
    }
  }
}

export function themeChoice(storage: ChoiceStorage): KeptChoice<Theme> {
  return new KeptChoice<Theme>(storage, "hawser-theme", ["system", "light", "dark"]);
}

export function singleKeysChoice(storage: ChoiceStorage): KeptChoice<SingleKeys> {
  return new KeptChoice<SingleKeys>(storage, "hawser-single-keys", ["on", "off"]);
}
