import type { ChangeForm } from "../../forms/index.ts";

/** More changes than that are not kept for a reader: it is told to read everything anew. */
const CHANGES_MAX = 256;

/** The changes that one reader has not taken yet. */
export class Feed {
  #waiting: ChangeForm[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;

  push(...changes: readonly ChangeForm[]): void {
    const [last] = changes.slice(-1);
    if (last === undefined) return;
    const isReset = this.#waiting[0]?.kind === "reset";
    const isFull = this.#waiting.length + changes.length > CHANGES_MAX;
    this.#waiting =
      isReset || isFull
        ? [{ revision: last.revision, kind: "reset" }]
        : [...this.#waiting, ...changes];
    this.#wake?.();
  }

  /** What has come since the last time, as soon as there is something; nothing when it is over. */
  async take(): Promise<readonly ChangeForm[]> {
    if (this.#waiting.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }
}
