import { errorText } from "../../base/index.ts";
import { recordOf } from "../form/index.ts";
import type { CallTaker, EndedCall } from "../observe/index.ts";
import type { Spans } from "../spans/index.ts";
import type { Recorder } from "./recorder.ts";

/** What becomes of calls. */
export interface KeeperOptions {
  readonly recorder: Recorder;
  /** Absent where spans are sent nowhere. */
  readonly spans?: Spans | undefined;
  /** Called for a call that could not be recorded. */
  readonly failed?: (reason: string) => void;
}

/** Records calls and sends their spans. What cannot be written is no reason to fail a call. */
export class CallKeeper implements CallTaker {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  take(call: EndedCall): void {
    const { recorder, spans, failed } = this.#options;
    try {
      const record = recordOf(call);
      spans?.take(record, call.span.context);
      recorder.take(record);
    } catch (error) {
      failed?.(errorText(error));
    }
  }
}
