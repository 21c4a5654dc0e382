import { expect, test } from "bun:test";
import { PNG } from "pngjs";
import { difference, TOLERANCE } from "./pictures.ts";

/** White, with a black box. */
function picture(width: number, height: number, box: number): Buffer {
  const png = new PNG({ width, height });
  png.data.fill(255);
  for (let y = 0; y < box; y++) {
    for (let x = 0; x < box; x++) png.data.fill(0, 4 * (y * width + x), 4 * (y * width + x) + 3);
  }
  return PNG.sync.write(png);
}

test("a picture is itself", () => {
  const one = picture(100, 50, 7);
  expect(difference(one, one).part).toBe(0);
});

test("what has another size, or another box, differs", () => {
  expect(difference(picture(100, 50, 7), picture(50, 100, 7)).part).toBe(1);
  const { part } = difference(picture(100, 50, 7), picture(100, 50, 20));
  expect(part).toBeCloseTo((20 * 20 - 7 * 7) / 5000, 2);
  expect(part).toBeGreaterThan(TOLERANCE);
});
