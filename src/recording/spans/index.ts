/** Calls as spans of OpenTelemetry, sent to the endpoint that its variables name. */
import { errorText } from "../../base/index.ts";
import type { RecordedCall } from "../form/index.ts";
import type { SpanContext } from "../observe/index.ts";
import type { Sender } from "./sender.ts";
import type { SpanSource, WholeSpan } from "./source.ts";

export { sendsSpans } from "./endpoint.ts";
export type { SpanSource, WholeSpan } from "./source.ts";

/** Sends spans; the library is read when the first one comes, which is after the answer. */
export class Spans {
  readonly #source: SpanSource;
  #sender: Promise<Sender> | undefined;

  constructor(source: SpanSource) {
    this.#source = source;
  }

  /** Reads the library, for a process that lives on. */
  async load(): Promise<void> {
    try {
      await this.#load();
    } catch (error) {
      this.#source.failed(errorText(error));
    }
  }

  /** Queues the spans of a call. Never throws. */
  take(call: RecordedCall, context: SpanContext): void {
    this.#load().then(
      (sender) => sender.take(call, context),
      (error: unknown) => this.#source.failed(errorText(error)),
    );
  }

  /** Queues the span of several calls together. Never throws. */
  takeWhole(whole: WholeSpan): void {
    this.#load().then(
      (sender) => sender.takeWhole(whole),
      () => undefined, // reported already
    );
  }

  /** Sends what is queued; resolves when that is done, and at the latest after so many milliseconds. */
  async flush(withinMs: number): Promise<void> {
    if (this.#sender === undefined) return;
    const sent = this.#sender.then((sender) => sender.flush()).catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([sent, late]);
    clearTimeout(timer);
  }

  #load(): Promise<Sender> {
    this.#sender ??= import("./sender.ts").then(({ makeSender }) => makeSender(this.#source));
    return this.#sender;
  }
}
