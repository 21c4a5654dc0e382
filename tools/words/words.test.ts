import { describe, expect, test } from "bun:test";
import { readSources } from "../sources.ts";
import { FOLDERS } from "../test/files.ts";
import { lowered, offencesByRoom, overrun, readLeft, roomOfWords } from "./left.ts";
import { wordProblems } from "./offences.ts";

/** The words of code and comments: those of the field, and a subject in every comment. */

test("no room has more offences than are left to it", async () => {
  const sources = await readSources(FOLDERS);
  expect(sources.length).toBeGreaterThan(0);
  expect(overrun(offencesByRoom(sources), readLeft())).toEqual([]);
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

test("counts fall and never rise", () => {
  const sources = [
    { path: "src/spec/x.ts", text: "// Nobody.\n// Somebody." },
    { path: "src/addr/x.ts", text: "// Nobody." },
  ];
  const found = offencesByRoom(sources);
  const left = { "src/spec": 3, "src/cli": 1 };
  expect(lowered(found, left)).toEqual({ "src/spec": 2 });
  const [summary, offence, ...others] = overrun(found, left);
  expect(summary).toBe("src/addr: 1 offences, of 0 at most");
  expect(offence).toStartWith("src/addr/x.ts:1: Nobody");
  expect(others).toEqual([]);
});

test("rooms of words", () => {
  const rooms = ["src/kernel/sys/x.ts", "src/index.ts", "src/state/x.ts", "tools/lab/x.ts"];
  expect(rooms.map(roomOfWords)).toEqual(["src/kernel", "src", "src/plugins", "tools"]);
});
