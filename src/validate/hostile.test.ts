/** Whatever a file holds, it is judged within a moment, and nothing is thrown. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { HEALTHY } from "../../tests/fixtures/configurations/healthy.ts";
import { judgeBytes } from "./file.ts";
import type { Diagnostic } from "./index.ts";

const TEXTS = Object.values(HEALTHY).map(({ text }) => text);
const PIECES = [
  ...["{", "}", "[", "]", '"', ",", ":", "\\", "/", "\n", "\t", " ", "\0"],
  "//",
  "/*",
  "*/",
  "true",
  "null",
  "1e999",
  "\ufeff",
  "\ud800",
  "é",
  "漢",
];

async function found(bytes: Uint8Array): Promise<{ text: string; list: Diagnostic[] }> {
  const { findings } = await judgeBytes("any.conflist", bytes);
  return { text: findings.source.text, list: findings.list() };
}

function expectPlaces(text: string, list: readonly Diagnostic[]): void {
  const lines = text.split("\n");
  for (const { place, fix = [] } of list) {
    if (place !== undefined) {
      const line = lines[place.line - 1];
      expect(line).toBeDefined();
      expect(place.column).toBeLessThanOrEqual((line?.length ?? 0) + 1);
      expect(place.length).toBeGreaterThan(0);
    }
    for (const { offset, length } of fix) expect(offset + length).toBeLessThanOrEqual(text.length);
  }
}

test("any bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const { text, list } = await found(bytes);
      expect(list.length).toBeGreaterThan(0);
      expectPlaces(text, list);
    }),
  );
});

test("configurations with a piece cut out, or another put in", async () => {
  const change = fc.tuple(fc.nat(), fc.nat(30), fc.constantFrom("", ...PIECES));
  const edits = fc.array(change, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TEXTS), edits, async (whole, changes) => {
      const text = changes.reduce((rest, [at, length, piece]) => {
        const from = at % (rest.length + 1);
        return rest.slice(0, from) + piece + rest.slice(from + length);
      }, whole);
      const judged = await found(new TextEncoder().encode(text));
      expectPlaces(judged.text, judged.list);
    }),
    { numRuns: 200 },
  );
});

test("values of any type in the place of each", async () => {
  const values = fc.json({ maxDepth: 2 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TEXTS), fc.nat(), values, async (whole, at, value) => {
      const places = [...whole.matchAll(/: ?("[^"]*"|true|\d+|\[|\{)/gu)];
      const { index = 0, 0: old = "" } = places[at % places.length] ?? {};
      const text = `${whole.slice(0, index)}: ${value}${whole.slice(index + old.length)}`;
      const judged = await found(new TextEncoder().encode(text));
      expectPlaces(judged.text, judged.list);
    }),
    { numRuns: 200 },
  );
});

test("what is large is bounded: findings, depth, the keys that are tried", async () => {
  const began = performance.now();
  const keys = Array.from({ length: 3000 }, (_, at) => `"k${at}":1`).join(",");
  const many = `{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge","mtu":1,${keys}}]}`;
  const { list } = await found(new TextEncoder().encode(many));
  expect(list.length).toBe(200);
  expect(list.at(-1)?.message).toContain("further findings of this file");
  const wide = `{"name":"n","plugins":[${'{"type":"bridge","mtu":1},'.repeat(400)}1]}`;
  await found(new TextEncoder().encode(wide));
  await found(new TextEncoder().encode("[1,".repeat(1_000_000)));
  await found(new TextEncoder().encode(`"${"a".repeat(4_000_000)}`));
  expect(performance.now() - began).toBeLessThan(30_000);
}, 60_000);
