import type { ChangeForm } from "../../forms/index.ts";

/** A change as it is sent, made once for all readers. */
export interface StreamEvent {
  readonly revision: string;
  readonly isReset: boolean;
  /** An event of the stream. */
  readonly text: string;
}

/** More is not kept for a reader: it has to read everything anew. */
const CHANGES_MAX = 256;
const CHARACTERS_MAX = 4 * 1024 * 1024;

/** JSON has no line breaks but those between its tokens, and is printed without. */
export function eventOf(change: ChangeForm): StreamEvent {
  const { revision, kind } = change;
  const text = `id: ${revision}\nevent: ${kind}\ndata: ${JSON.stringify(change)}\n\n`;
  return { revision, isReset: kind === "reset", text };
}

/** Whether so many are kept. */
export function isTooMuch(changes: readonly StreamEvent[]): boolean {
  if (changes.length > CHANGES_MAX) return true;
  return changes.reduce((sum, { text }) => sum + text.length, 0) > CHARACTERS_MAX;
}

/** The changes that one reader has not taken yet. */
export class Feed {
  #waiting: readonly StreamEvent[] = [];
  #wake: (() => void) | undefined;
  #isOver = false;

  push(changes: readonly StreamEvent[]): void {
    const [last] = changes.slice(-1);
    if (last === undefined) return;
    const all = [...this.#waiting, ...changes];
    const isReset = this.#waiting[0]?.isReset === true || isTooMuch(all);
    this.#waiting = isReset ? [eventOf({ revision: last.revision, kind: "reset" })] : all;
    this.#wake?.();
  }

  /** What has come since the last time, as soon as there is something; "" when it is over. */
  async take(): Promise<string> {
    if (this.#waiting.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#waiting;
    this.#waiting = [];
    return taken.map(({ text }) => text).join("");
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }
}
