import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseLocation, printLocation, START, VIEWS } from "./location.ts";
import { selectionOf, selectionQuery } from "./selection.ts";

test("a location is the same after it stood in the address, whatever names are in it", () => {
  const word = fc.string({ minLength: 1, unit: "grapheme" });
  const location = fc.record({
    view: fc.constantFrom(...VIEWS),
    parts: fc.array(word, { maxLength: 3 }),
    query: fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true }),
  });
  fc.assert(
    fc.property(location, (each) => {
      expect(parseLocation(printLocation(each))).toEqual(each);
    }),
  );
});

test.each(["", "#", "#/", "#token=x", "#/nothing", "#%", "#/%E0%A4%A"])(
  "%j is the start",
  (text) => {
    expect(parseLocation(text)).toEqual(START);
  },
);

test("empty keys are left out", () => {
  expect(printLocation({ view: "ports", query: { text: "", network: "a b" } })).toBe(
    "#/ports?network=a+b",
  );
});

describe("what is chosen on the map", () => {
  test.each([
    { kind: "node", id: "bridge:cni0" },
    { kind: "port", port: "tcp/8080" },
    { kind: "address", address: "10.1.0.7" },
  ] as const)("stands in the address: %j", (selection) => {
    const fragment = printLocation({ view: "map", query: selectionQuery(selection) });
    expect(selectionOf(parseLocation(fragment))).toEqual(selection);
  });

  test("is nothing elsewhere", () => {
    expect(selectionOf(parseLocation("#/ports?node=a"))).toBeUndefined();
    expect(
      selectionOf(parseLocation(printLocation({ view: "map", query: selectionQuery(undefined) }))),
    ).toBeUndefined();
  });
});
