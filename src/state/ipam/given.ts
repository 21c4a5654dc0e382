import type { Result } from "../../spec/index.ts";
import type { Piece } from "../kind.ts";

/**
 * Addresses that an earlier plugin of the list has chosen; that one also gives them back.
 *
 * @example
 * ```ts
 * import { emptyResult } from "hawser/spec";
 * import { givenAddresses } from "hawser/state";
 *
 * const given = { ...emptyResult("1.1.0"), ips: [{ address: "10.1.0.2/16" }] };
 * givenAddresses(given, () => {}).describe(); // → "10.1.0.2/16 from the previous result"
 * ```
 */
export function givenAddresses(given: Result, adopt: (result: Result) => void): Piece {
  return {
    name: "addresses",
    describe: () =>
      `${given.ips.map(({ address }) => address).join(", ")} from the previous result`,
    apply: () => adopt(given),
  };
}
