import { expect, test } from "bun:test";
import { handOnToken, tokenOfAnotherTab } from "./tabs.ts";

test("a tab without a token has that of another one, and none where there is no other, or its own is not good", async () => {
  expect(await tokenOfAnotherTab(20)).toBeUndefined();
  let isGood = true;
  const end = handOnToken("sesame", () => isGood);
  expect(await tokenOfAnotherTab(5000)).toBe("sesame");
  isGood = false;
  expect(await tokenOfAnotherTab(20)).toBeUndefined();
  end();
});
