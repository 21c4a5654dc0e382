import { expect, test } from "bun:test";
import { PLUGIN_NAMES } from "../rooms.ts";
import { chooseSubjects, RUNTIME, SUBJECTS } from "./subject.ts";
import { findMutant, MUTANTS } from "./table.ts";

test("there are many faults, each with a name of its own", () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(80);
  const names = SUBJECTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9.]+(-[a-z0-9.]+)*$/.test(name))).toEqual([]);
});

test("a good part is of the runtime", () => {
  const count = SUBJECTS.filter(({ of }) => of === RUNTIME).length;
  expect(count).toBeGreaterThanOrEqual(25);
});

test("each fault is of a plugin, and says what it is", () => {
  expect(MUTANTS.filter(({ of }) => !PLUGIN_NAMES.includes(of))).toEqual([]);
  expect(SUBJECTS.filter(({ what }) => what.length < 8)).toEqual([]);
});

test("a fault is found by its name", () => {
  expect(findMutant("del-does-nothing").of).toBe("bridge");
  expect(() => findMutant("del-does-all")).toThrow('no mutant is named "del-does-all"');
});

test("the same seed chooses the same sample", () => {
  const names = (seed: number): string[] =>
    chooseSubjects({ sample: 5, seed }).map(({ name }) => name);
  expect(names(1)).toHaveLength(5);
  expect(names(1)).toEqual(names(1));
  expect(names(1)).not.toEqual(names(2));
});

test("named ones are chosen in their order", () => {
  const chosen = chooseSubjects({ only: ["gc-takes-all", "add-exits-1"], seed: 1 });
  expect(chosen.map(({ name }) => name)).toEqual(["gc-takes-all", "add-exits-1"]);
});
