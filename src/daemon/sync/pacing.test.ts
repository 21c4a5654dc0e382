import { expect, test } from "bun:test";
import { Pacing } from "./pacing.ts";

test("looks that find something to do come later and later, and at once again after one that does not", () => {
  const pacing = new Pacing(500);
  const pauses: number[] = [];
  for (const isBusy of [true, true, true, true, false, true]) {
    pauses.push(pacing.pauseMs);
    pacing.looked(isBusy);
  }
  expect([...pauses, pacing.pauseMs]).toEqual([100, 200, 400, 500, 500, 100, 200]);
});
