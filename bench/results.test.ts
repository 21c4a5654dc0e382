import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { numbersOf } from "./numbers.ts";
import type { Record } from "./record.ts";
import { PUBLISHED, prune, RESULTS, read, withNumbers, withResults, write } from "./results.ts";

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const DOCUMENT = fileURLToPath(new URL("../docs/performance.md", import.meta.url));

const record: Record = {
  when: "2026-01-02T03-04-05",
  machine: "a machine",
  asked: " -- --tiny",
  scenarios: [
    {
      id: "one",
      title: "One",
      text: "What it is.",
      outcome: {
        tables: [{ head: ["ms", "ADD"], body: [["ours", "1.00"]] }],
        goals: [
          { what: "ADD", goal: "≤ 2 ms", measured: "1.00 ms", reached: true },
          { what: "DEL", goal: "≤ 2 ms", measured: "3.00 ms", reached: false },
        ],
        plots: [
          {
            id: "many",
            title: "Many of them",
            x: "things",
            y: "ms",
            lines: [
              {
                name: "ours",
                points: [
                  [0, 1],
                  [1000, 1.25],
                ],
              },
            ],
          },
        ],
        raw: [1 / 3],
      },
    },
  ],
};

function inScratch(action: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "hawser-results-"));
  try {
    action(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("a run leaves its record, its tables and its plots", () => {
  inScratch((directory) => {
    write(directory, "run", record);
    expect(readdirSync(directory).sort()).toEqual(["run-many.svg", "run.json", "run.md"]);
    const text = readFileSync(join(directory, "run.md"), "utf8");
    expect(text).toContain("| DEL  | ≤ 2 ms |  3.00 ms | **missed** |");
    expect(text).toContain("| ours | 1.00 |");
    expect(text).toContain("(run-many.svg)");
    const { scenarios } = read(join(directory, "run.json"));
    expect(scenarios[0]?.outcome.raw).toEqual([0.333]);
    const svg = readFileSync(join(directory, "run-many.svg"), "utf8");
    expect(svg).toContain("Many of them");
    expect(svg).toContain("ours");
  });
});

test("of many runs the newest stay, and what has another name", () => {
  inScratch((directory) => {
    const days = ["01", "02", "03", "04", "05"];
    for (const day of days) {
      writeFileSync(join(directory, `2026-01-${day}T00-00-00.json`), "");
      writeFileSync(join(directory, `2026-01-${day}T00-00-00-many.svg`), "");
    }
    writeFileSync(join(directory, "published.json"), "");
    prune(directory);
    expect(readdirSync(directory).sort()).toEqual([
      ...["03", "04", "05"].flatMap((day) => [
        `2026-01-${day}T00-00-00-many.svg`,
        `2026-01-${day}T00-00-00.json`,
      ]),
      "published.json",
    ]);
  });
});

test("the document shows the run that is published, as it would be written now", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  expect(withResults(document, read(join(RESULTS, `${PUBLISHED}.json`)))).toBe(document);
});

test("so does the README", () => {
  const readme = readFileSync(README, "utf8");
  expect(withNumbers(readme, read(join(RESULTS, `${PUBLISHED}.json`)))).toBe(readme);
});

test("the README's numbers are those of the run, ours beside theirs", () => {
  const table = (id: string, head: string[], ...body: string[][]): Record["scenarios"][number] => ({
    ...{ id, title: "", text: "" },
    outcome: { tables: [{ head, body }], goals: [], raw: [] },
  });
  const ours = "Hawser, entry programs, daemon up";
  const theirs = "reference, newest (iptables)";
  const scenarios = [
    table(
      "chain",
      ["ms", "ADD median", "p99", "DEL median"],
      [ours, "8.00", "9.00", "6.00"],
      [theirs, "80.0", "90.0", "90.0"],
    ),
    table(
      "flatness",
      ["ms", "ADD 0", "ADD 500"],
      [ours, "8.00", "9.00"],
      [theirs, "80.0", "900.0"],
    ),
    table("burst", ["100 at once, ms", "ADD all"], [ours, "500.0"]),
    table(
      "memory",
      ["the daemon", "its own memory, MiB", "resident, MiB"],
      ["after 60 containers came", "36.5", "103.5"],
    ),
  ];
  expect(numbersOf({ ...record, scenarios }).body).toEqual([
    ["a container attached (ADD), ms", "8.00", "80.0", "10.0×"],
    ["… and detached (DEL), ms", "6.00", "90.0", "15.0×"],
    ["ADD beside 500 others, ms", "9.00", "900.0", "100.0×"],
    ["the idle daemon's own memory, MiB", "36.5", "–", ""],
    ["the idle daemon's memory with the pages of its program's file, MiB", "103.5", "–", ""],
  ]);
});

test("a document without the place for results is refused", () => {
  expect(() => withResults("# Nothing", record)).toThrow("has no lines");
});
