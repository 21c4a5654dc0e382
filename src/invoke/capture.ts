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
    if (kept.length > 0) this.#chunks.push(kept);
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
  // Only what is passed on is decoded at once: a plugin may write without end.
  readonly #decoder: StringDecoder | undefined;
  #chunks: Buffer[] = [];
  #length = 0;

  /** `limit` in bytes. */
  constructor(limit: number, forward?: (text: string) => void) {
    this.#limit = limit;
    this.#forward = forward;
    this.#decoder = forward === undefined ? undefined : new StringDecoder("utf8");
  }

  push(chunk: Buffer): void {
    this.#tell(this.#decoder?.write(chunk));
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined; first = this.#chunks[0]) {
      if (this.#length - first.length < this.#limit) break;
      this.#chunks.shift();
      this.#length -= first.length;
    }
  }

  /** Passes on what the stream left incomplete; call once. */
  end(): void {
    this.#tell(this.#decoder?.end());
  }

  /** The end of the stream; a character that the limit cuts is left out. */
  text(): string {
    const bytes = Buffer.concat(this.#chunks);
    if (bytes.length <= this.#limit) return bytes.toString("utf8");
    return bytes
      .subarray(-this.#limit)
      .toString("utf8")
      .replace(/^\uFFFD+/u, "");
  }

  #tell(text: string | undefined): void {
    if (text !== undefined && text !== "") this.#forward?.(text);
  }
}
