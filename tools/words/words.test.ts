import { describe, expect, test } from "bun:test";
import { readSources } from "../sources.ts";
import { FOLDERS } from "../test/files.ts";
import { allWordProblems, wordProblems } from "./offences.ts";

/** The words of code and comments: those of the field, and a subject in every comment. */

test("every file has the words of the field", async () => {
  const sources = await readSources(FOLDERS);
  expect(sources.length).toBeGreaterThan(0);
  expect(allWordProblems(sources)).toEqual([]);
});

describe("a bad word is caught", () => {
  const cases: [line: string, problem: string, path?: string][] = [
    ["const x = new Sides();", "better Namespaces"],
    ["class X { #christen(): void {} }", "better nameAndMark"],
    ["type X = { readonly birthplace: string };", "better creationSocket"],
    ["class Order {}", "better CallScheduler", "src/daemon/order.ts"],
    ["// As LeaseBook has it.", "private-words.ts"],
    ["// Christened when it is made.", "private-words.ts"],
    ["// Who closes it waits.", "name the subject"],
    ["/** For whom it is. */", "name the subject"],
    ["const x = 1; // nobody reads it", "name the subject"],
    ["/** Anyone may call it. */", "name the subject"],
    ["/** The kernel is told. */", "name the subject"],
    ["/** Lent by the daemon. */", "name the subject"],
    ["/** Throws a RangeError when it is odd. */", "line of their own"],
    ["/** Reads it; throws a CniError of code 6 when it is odd. */", "line of their own"],
    ["/** @throws CniError 6 when it is odd */", "of code N"],
    ["/** As {@link Prefix} has it. */", "in backticks"],
  ];
  test.each(cases)("%s", (text, problem, path = "src/spec/x.ts") => {
    const problems = wordProblems({ path, text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });
});

describe("a good word is let through", () => {
  const cases: string[] = [
    'const text = "nobody was told who";',
    "class Order {}",
    "// The order of their places is kept at home.",
    '// The text "who is it" of the protocol.',
    "// The command `who`.",
    "/** A link whose peer is gone. */",
    "/** @throws CniError of code 6 when it is odd */",
    "/**\n * ```ts\n * nobody(); // throws CniError 4: invalid\n * ```\n */",
    "/** A callback that throws ends the call. */",
  ];
  test.each(cases)("%s", (text) => {
    expect(wordProblems({ path: "src/spec/x.ts", text })).toEqual([]);
  });
});

test("an offence is named with its line", () => {
  const text = "const a = 1;\n/**\n * First.\n * Nobody.\n */\nconst Sides = a;\n";
  expect(wordProblems({ path: "src/spec/x.ts", text }).map((each) => each.split(": ")[0])).toEqual([
    "src/spec/x.ts:4",
    "src/spec/x.ts:6",
  ]);
});

test("the files of the rules may name what they ban", () => {
  const text = "// Nobody.";
  const problems = allWordProblems([
    { path: "tools/words/offences.ts", text },
    { path: "tools/words.ts", text },
  ]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toStartWith("tools/words.ts:1: Nobody");
});
