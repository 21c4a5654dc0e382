/** Server-sent events as WHATWG's HTML defines them, read from text that comes in pieces of any length. */

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** Of this event, or of the last one before it that had one. */
  readonly id: string;
}

/** No event of the API is near it; a stream without an end of line does not fill the memory. */
const LENGTH_MAX = 32 * 1024 * 1024;

export class EventStreamReader {
  #rest = "";
  #isFirst = true;
  #id = "";
  #type = "";
  #data: string[] = [];

  /**
   * The events that this piece completes.
   * @throws RangeError when an event is longer than any that the API sends
   */
  push(piece: string): StreamEvent[] {
    this.#rest += piece;
    if (this.#isFirst && this.#rest !== "") {
      this.#isFirst = false;
      if (this.#rest.startsWith("\uFEFF")) this.#rest = this.#rest.slice(1);
    }
    const events: StreamEvent[] = [];
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const event = this.#take(line);
      if (event !== undefined) events.push(event);
    }
    if (this.#rest.length > LENGTH_MAX) throw new RangeError("an event is too long");
    return events;
  }

  /** The next whole line. A CR at the very end may be half of an end of line: it waits. */
  #line(): string | undefined {
    const end = this.#rest.search(/[\r\n]/u);
    if (end === -1) return undefined;
    const isPair = this.#rest[end] === "\r" && this.#rest[end + 1] === "\n";
    if (this.#rest[end] === "\r" && end === this.#rest.length - 1) return undefined;
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + (isPair ? 2 : 1));
    return line;
  }

  #take(line: string): StreamEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /u, "");
    if (field === "data") this.#data.push(value);
    if (field === "event") this.#type = value;
    if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatch(): StreamEvent | undefined {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#id };
    const hasData = this.#data.length > 0;
    this.#type = "";
    this.#data = [];
    return hasData ? event : undefined;
  }
}
