import { duration } from "./durations.ts";
import type { Output } from "./io.ts";

const PATIENCE_MS = 400;
const INTERVAL_MS = 100;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const ERASE_LINE = "\r\u001b[K";

/** One line on a terminal that says what is being waited for, once the wait is worth telling. */
export class Progress {
  readonly #out: Output;
  #timer: ReturnType<typeof setInterval> | undefined;
  #since = 0;
  #text = "";
  #shown = false;

  /** On anything but a terminal nothing is ever shown. */
  constructor(out: Output) {
    this.#out = out;
  }

  /** Begins to wait for something else. */
  start(text: string): void {
    this.stop();
    if (!this.#out.isTTY) return;
    this.#text = text;
    this.#since = performance.now();
    this.#timer = setInterval(() => this.#draw(), INTERVAL_MS);
  }

  /** Says how far the wait has come. */
  say(text: string): void {
    this.#text = text;
  }

  /** Ends the wait and takes the line away, so that something else can be written. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#shown) this.#out.write(ERASE_LINE);
    this.#shown = false;
  }

  #draw(): void {
    const ms = performance.now() - this.#since;
    if (ms < PATIENCE_MS) return;
    const frame = FRAMES[Math.floor(ms / INTERVAL_MS) % FRAMES.length];
    this.#out.write(`${ERASE_LINE}${frame} ${this.#text} (${duration(ms)})`);
    this.#shown = true;
  }
}
