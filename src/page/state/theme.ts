import { type Signal, signal } from "@preact/signals";

/** Light or dark: as the system says, unless the reader has chosen. */
export type Theme = "system" | "light" | "dark";

const KEY = "hawser-theme";
const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** What keeps the reader's choice. */
export interface ThemeStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export class ThemeChoice {
  readonly chosen: Signal<Theme>;
  readonly #storage: ThemeStorage;

  constructor(storage: ThemeStorage) {
    this.#storage = storage;
    this.chosen = signal(kept(storage));
  }

  /** The next of system, light and dark. */
  next(): void {
    const at = THEMES.indexOf(this.chosen.peek());
    const theme = THEMES[(at + 1) % THEMES.length] ?? "system";
    this.chosen.value = theme;
    try {
      this.#storage.setItem(KEY, theme);
    } catch {
      // A browser that keeps nothing: the choice lasts as long as the page does.
    }
  }
}

function kept(storage: ThemeStorage): Theme {
  try {
    return THEMES.find((theme) => theme === storage.getItem(KEY)) ?? "system";
  } catch {
    return "system";
  }
}
