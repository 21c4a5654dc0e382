import { expect, test } from "bun:test";
import type { NodePlace } from "../../topology/layout/index.ts";
import { isSamePlace } from "./same.ts";

const PLACE: NodePlace = {
  ...{ x: 10, y: 20, width: 60, height: 18 },
  ...{ as: "chip", density: "full", more: 3, reserved: 40 },
};

test.each([
  ["nothing", {}, true],
  ["where it is", { x: 11 }, false],
  ["how many ports it stands for", { more: 4 }, false],
  ["that it stands for others", { more: undefined }, false],
  ["the room that a port takes of it", { reserved: 52 }, false],
] as const)("a place is compared by its letters, too: %s has changed", (_what, change, isSame) => {
  expect(isSamePlace({ ...PLACE, ...change }, PLACE)).toBe(isSame);
});
