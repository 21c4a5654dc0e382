import { expect, test } from "bun:test";
import { type ChoiceStorage, singleKeysChoice, themeChoice } from "./choice.ts";

function storage(entries: Record<string, string> = {}): ChoiceStorage {
  const kept = new Map(Object.entries(entries));
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}

const REFUSING: ChoiceStorage = {
  getItem: () => {
    throw new Error("nothing is kept here");
  },
  setItem: () => {
    throw new Error("nothing is kept here");
  },
};

test("a choice is kept, each by itself, and what is not one of its values is overlooked", () => {
  const own = storage({ "hawser-single-keys": "evil" });
  const theme = themeChoice(own);
  const keys = singleKeysChoice(own);
  expect([theme.chosen.value, keys.chosen.value]).toEqual(["system", "on"]);
  theme.next();
  keys.choose("off");
  expect(themeChoice(own).chosen.value).toBe("light");
  expect(singleKeysChoice(own).chosen.value).toBe("off");
  for (let times = 0; times < 2; times++) theme.next();
  expect(themeChoice(own).chosen.value).toBe("system");
});

test("a browser that keeps nothing has the choice as long as the page is there", () => {
  const keys = singleKeysChoice(REFUSING);
  keys.choose("off");
  expect(keys.chosen.value).toBe("off");
});
