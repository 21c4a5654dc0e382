import { CniError, type CniErrorOptions, ErrorCode } from "../../spec/index.ts";

/** An answer that is an error, and its status by HTTP. */
export class Refusal extends CniError {
  override name = "Refusal";
  readonly status: number;

  constructor(status: number, code: number, text: string, options: CniErrorOptions = {}) {
    super(code, text, options);
    this.status = status;
  }
}

/** The question itself is wrong. */
export function badQuestion(text: string, advice?: string): Refusal {
  const options = advice === undefined ? {} : { advice };
  return new Refusal(400, ErrorCode.INVALID_ENVIRONMENT_VARIABLES, text, options);
}

/** What is asked for is not there. */
export function notThere(text: string): Refusal {
  return new Refusal(404, ErrorCode.UNKNOWN_CONTAINER, text);
}

/** Too much is asked at once. */
export function tooBusy(text: string): Refusal {
  return new Refusal(503, ErrorCode.TRY_AGAIN_LATER, text);
}
