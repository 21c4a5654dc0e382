import { expect, test } from "bun:test";
import { type Column, table } from "./table.ts";

interface Row {
  readonly name: string;
  readonly count: string;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", text: ({ name }) => name, least: 4 },
  { title: "COUNT", text: ({ count }) => count, isRight: true },
  { title: "NOTE", text: ({ note }) => note, isOptional: true, least: 6 },
];
const PLAIN = { color: false };
const LONG = "a-name-that-is-longer-than-some-terminals-are-wide";

test("columns are as wide as their widest cell, and nothing is cut in a pipe", () => {
  const rows = [
    { name: "one", count: "1", note: "" },
    { name: LONG, count: "1000", note: "" },
  ];
  expect(table(COLUMNS, rows, PLAIN)).toBe(
    [
      `NAME${" ".repeat(LONG.length - 4)}  COUNT`,
      `one${" ".repeat(LONG.length - 3)}      1`,
      `${LONG}   1000`,
      "",
    ].join("\n"),
  );
  expect(table(COLUMNS, [], PLAIN)).toBe("");
});

test("wide characters and marks count as a terminal shows them", () => {
  const rows = [
    { name: "漢字", count: "1", note: "x" },
    { name: "é", count: "2", note: "x" },
    { name: "abcd", count: "3", note: "x" },
  ];
  expect(table(COLUMNS, rows, PLAIN).split("\n").slice(1, 4)).toEqual([
    "漢字      1  x",
    "é         2  x",
    "abcd      3  x",
  ]);
});

test("on a terminal the widest columns give way, as far as they may", () => {
  const rows = [{ name: LONG, count: "1", note: "a short note" }];
  const lines = (columns: number): string[] =>
    table(COLUMNS, rows, { color: false, columns }).split("\n");
  expect(lines(40)[1]).toBe("a-name-that-is-lon…      1  a short note");
  expect(lines(40).every((line) => Bun.stringWidth(line) <= 40)).toBe(true);
  // Never below what makes a cell readable.
  expect(lines(5)[1]).toBe("a-n…      1  a sho…");
});

test("what a terminal has no room for is left out whole, in its order", () => {
  const spare: readonly Column<Row>[] = [
    { title: "NAME", text: ({ name }) => name },
    { title: "COUNT", text: ({ count }) => count, spare: 1 },
    { title: "NOTE", text: ({ note }) => note, spare: 2 },
  ];
  const rows = [{ name: "0123456789", count: "1", note: "a short note" }];
  const titles = (columns?: number): string =>
    table(spare, rows, { color: false, ...(columns === undefined ? {} : { columns }) })
      .split("\n", 1)[0]
      ?.replaceAll(/ +/gu, " ") ?? "";
  expect([titles(), titles(31), titles(30), titles(17), titles(16), titles(5)]).toEqual([
    ...["NAME COUNT NOTE", "NAME COUNT NOTE", "NAME COUNT"],
    ...["NAME COUNT", "NAME", "NAME"],
  ]);
});

test("what a stranger has named cannot speak to the terminal, or break a line", () => {
  const rows = [{ name: "\u001b[31mred\u0007", count: "1\n2", note: "\u202Eabc" }];
  const [, line = ""] = table(COLUMNS, rows, PLAIN).split("\n");
  expect(line).toBe("\\u001b[31mred\\u0007    1 2  \\u202eabc");
});

test("colours are put around what is shown, and change no width", () => {
  const painted = COLUMNS.map((column) => ({ ...column, paint: (text: string) => `<${text}>` }));
  const rows = [{ name: "one", count: "1", note: "" }];
  expect(table(painted, rows, { color: true })).toContain("<one>       <1>");
  expect(table(painted, rows, PLAIN)).toContain("one       1\n");
});
