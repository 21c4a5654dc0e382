import { StringDecoder } from "node:string_decoder";

/** Gathers a stream's bytes up to a limit. */
export class BoundedCapture {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes what fits; false when it was too much. */
  push(chunk: Buffer): boolean {
    const room = this.#limit - this.#length;
    const kept = chunk.length <= room ? chunk : chunk.subarray(0, room);
    if (kept.length > 0) {
      this.#chunks.push(kept);
    }
    this.#length += kept.length;
    return kept === chunk;
  }

  /** All that was kept, as UTF-8. */
  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** Passes a stream's text on as it comes, characters whole, and keeps its end. */
export class TailCapture {
  readonly #limit: number;
  readonly #forward: ((text: string) => void) | undefined;
  readonly #decoder = new StringDecoder("utf8");
  #tail = "";

  constructor(limit: number, forward?: (text: string) => void) {
    this.#limit = limit;
    this.#forward = forward;
  }

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** Takes what the stream left incomplete; call once. */
  end(): void {
    this.#take(this.#decoder.end());
  }

  text(): string {
    return this.#tail;
  }

  #take(text: string): void {
    if (text === "") {
      return;
    }
    const all = this.#tail + text;
    this.#tail = all.length <= this.#limit ? all : all.slice(-this.#limit);
    this.#forward?.(text);
  }
}
