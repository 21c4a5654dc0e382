import type { Result } from "../../spec/index.ts";
import type { Step } from "../step.ts";

/** Addresses that a plugin before this one in the chain has chosen; that one also gives them back. */
export class GivenAddressesStep implements Step {
  readonly name = "addresses";
  readonly #given: Result;
  readonly #onResult: (result: Result) => void;

  /** `onResult` is told the addresses before the next step runs. */
  constructor(given: Result, onResult: (result: Result) => void) {
    this.#given = given;
    this.#onResult = onResult;
  }

  describe(): string {
    return `${this.#given.ips.map(({ address }) => address).join(", ")} from the previous result`;
  }

  apply(): undefined {
    this.#onResult(this.#given);
  }

  check(): void {}

  undo(): void {}
}
