import type { Result } from "../../spec/index.ts";
import type { Piece } from "../kind.ts";

/** Addresses that an earlier plugin of the list has chosen; that one also gives them back. */
export function givenAddresses(given: Result, adopt: (result: Result) => void): Piece {
  return {
    name: "addresses",
    describe: () =>
      `${given.ips.map(({ address }) => address).join(", ")} from the previous result`,
    apply: () => adopt(given),
  };
}
