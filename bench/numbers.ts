import { type Table, times } from "./outcome.ts";
import type { Record } from "./record.ts";

/** The few numbers of a run that an operator asks for first. */

const OURS = "Hawser, entry programs, daemon up";
const THEIRS = "reference, newest (iptables)";
const NONE = "–";

/** Where a number stands in a run: the same row for both, or one of each. */
interface Asked {
  readonly what: string;
  readonly scenario: string;
  readonly column: RegExp;
  readonly ours?: string;
  readonly theirs?: string;
}

const ASKED: readonly Asked[] = [
  { what: "a container attached (ADD)", scenario: "chain", column: /^ADD median$/ },
  { what: "… and detached (DEL)", scenario: "chain", column: /^DEL median$/ },
  { what: "ADD beside many others", scenario: "flatness", column: /^ADD \d+$/ },
  { what: "ADDs at once, until the last is done", scenario: "burst", column: /^ADD all$/ },
  {
    what: "a plugin says its versions (VERSION)",
    scenario: "version",
    column: /^median$/,
    ours: "Hawser, entry program",
    theirs: "reference, newest",
  },
];

/** A table of them; what the run did not measure is left out. */
export function numbersOf(record: Record): Table {
  const rows = ASKED.flatMap(({ what, scenario, column, ours = OURS, theirs = THEIRS }) => {
    const [own, other] = [ours, theirs].map((row) => lastCell(record, scenario, row, column));
    if (own === undefined || other === undefined) return [];
    const head = named(what, own.head, own.corner);
    const ratio = times(Number(other.text) / Number(own.text));
    return [[`${head}, ms`, own.text, other.text, ratio]];
  });
  return {
    head: ["", "Hawser", "reference plugins", "times faster"],
    body: [...rows, ...memoryRows(record)],
  };
}

/** "many" and the like as the number that the run had. */
function named(what: string, head: string, corner: string): string {
  const [, count] = /^ADD (\d+)$/.exec(head) ?? [];
  const [, burst] = /^(\d+) at once/.exec(corner) ?? [];
  if (count !== undefined) return what.replace("many", count);
  return burst === undefined ? what : `${burst} ${what}`;
}

/** The daemon's memory once it was used; the reference plugins have no daemon. */
function memoryRows(record: Record): string[][] {
  const row = /^after \d+ containers/;
  const own = lastCell(record, "memory", row, /^its own memory/);
  const resident = lastCell(record, "memory", row, /^resident/);
  const rows: readonly (readonly [string, Cell | undefined])[] = [
    ["the idle daemon's own memory, MiB", own],
    ["the idle daemon's memory with the pages of its program's file, MiB", resident],
  ];
  return rows.flatMap(([what, found]) =>
    found === undefined ? [] : [[what, found.text, NONE, ""]],
  );
}

interface Cell {
  readonly text: string;
  readonly head: string;
  /** What stands over the names of the rows. */
  readonly corner: string;
}

/** The cell of a row in the last column of a name, in whichever table of a scenario has both. */
function lastCell(
  record: Record,
  scenario: string,
  row: string | RegExp,
  column: RegExp,
): Cell | undefined {
  const tables = record.scenarios.find(({ id }) => id === scenario)?.outcome.tables ?? [];
  for (const { head, body } of tables) {
    const at = head.findLastIndex((name) => column.test(name));
    const cells = body.find(([name = ""]) =>
      typeof row === "string" ? name === row : row.test(name),
    );
    const text = at < 1 ? undefined : cells?.[at];
    if (text !== undefined && text !== "") {
      return { text, head: head[at] ?? "", corner: head[0] ?? "" };
    }
  }
  return undefined;
}
