import { describe, expect, test } from "bun:test";
import { importProblems, importsOf, roomOf } from "./imports.ts";
import { ROOMS } from "./rooms.ts";
import { readSources } from "./sources.ts";

test("the imports of the product hold the rules", async () => {
  const sources = (await readSources(["src"])).filter(({ path }) => !path.endsWith(".test.ts"));
  const judged = sources.filter(({ path }) => roomOf(path) !== undefined);
  expect(judged.length).toBeGreaterThan(0);
  expect(new Set(judged.map(({ path }) => roomOf(path)?.name)).size).toBe(ROOMS.length);
  expect(judged.flatMap(({ path, text }) => importProblems(path, text))).toEqual([]);
});

test("all product files are in a room", async () => {
  const sources = await readSources(["src"]);
  const homeless = sources
    .map(({ path }) => path)
    .filter((path) => roomOf(path) === undefined)
    .filter((path) => !["src/index.ts", "src/pure-globals.d.ts"].includes(path));
  expect(sources.length).toBeGreaterThan(0);
  expect(homeless).toEqual([]);
});

test("every form of import is seen", () => {
  const source = `
    import "a";
    import type { B } from "b";
    import { type C } from "c";
    export * from "d";
    export type { E } from "e";
    const f = await import("f");
    import * as g from 'g';
  `;
  expect(importsOf("x.ts", source).sort()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
});

test("a file that cannot be parsed is not passed over", () => {
  expect(() => importsOf("x.ts", "import {")).toThrow("x.ts");
});

describe("a bad import is caught", () => {
  const cases: [path: string, source: string, problem: string][] = [
    ["src/kernel/route/x.ts", 'import { dlopen } from "bun:ffi"', "only kernel/sys"],
    ["src/cli/x.ts", 'const ffi = await import("bun:ffi")', "only kernel/sys"],
    ["src/plugins/bridge/x.ts", 'import "../portmap/index.ts"', "never imports a plugin"],
    ["src/plugins/bridge/x.ts", 'import type { A } from "../portmap/steps.ts"', "never imports"],
    ["src/runtime/x.ts", 'import type { A } from "../spec/json/value.ts"', "only its door"],
    ["src/state/veth/x.ts", 'import { A } from "../../spec/json/index.ts"', "only its door"],
    ["src/plugins/bridge/x.ts", 'import { A } from "../../state/namespaces.ts"', "only its door"],
    ["src/spec/x.ts", 'import { spawn } from "bun"', "runs on Node too"],
    ["src/invoke/x.ts", 'import { A } from "../kernel/sys/index.ts"', "may not import kernel/sys"],
    ["src/plugin/x.ts", 'export * from "../runtime/index.ts"', "may not import runtime"],
    ["src/runtime/x.ts", 'import { test } from "bun:test"', "runs on Node too"],
    ["src/addr/x.ts", 'import { readFileSync } from "node:fs"', "does no I/O"],
    ["src/cli/x.ts", 'import { needs } from "../../tests/support/needs.ts"', "rooms of src only"],
  ];
  test.each(cases)("%s: %s", (path, source, problem) => {
    expect(importProblems(path, source).join("\n")).toContain(problem);
  });
});

test("a good import is let through", () => {
  const source = `
    import { Prefix } from "../../addr/index.ts";
    import { VethPair } from "../../state/veth/index.ts";
    import { readFileSync } from "node:fs";
    import * as v from "valibot";
    import { decode } from "./config.ts";
  `;
  expect(importProblems("src/plugins/bridge/index.ts", source)).toEqual([]);
  expect(importProblems("src/kernel/sys/x.ts", 'import { dlopen } from "bun:ffi"')).toEqual([]);
});
