import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { FOLDER, goldenTexts } from "./texts.ts";

const texts = await goldenTexts();

test("what the command line says is what people have agreed to (else: npm run golden)", () => {
  const found = readdirSync(join(ROOT, FOLDER), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).length;
  expect(files).toBe(texts.size);
  for (const [path, text] of texts) {
    expect(readFileSync(join(ROOT, FOLDER, path), "utf8")).toBe(text);
  }
});

test("no text is coloured where it does not go to a terminal, and no help is wider than 100", () => {
  for (const [path, text] of texts) {
    expect([path, text.includes("\u001b")]).toEqual([path, false]);
    const widest = Math.max(...text.split("\n").map((line) => line.length));
    if (path.startsWith("help/")) expect([path, widest <= 100]).toEqual([path, true]);
  }
});
