import { PLUGIN_NAMES } from "../rooms.ts";
import { partOf, withPart } from "../written-part.ts";
import { COLUMNS, type Column, reasonWithout } from "./columns.ts";
import type { PluginRecord } from "./record.ts";

/** The table of the plugins in docs/plugins.md. */

export const DOCUMENT = "docs/plugins.md";

const PART = {
  begin: "<!-- table: written by `npm run manuals` from what the last `npm test` found -->",
  end: "<!-- end of table -->",
};

export const PASSED = "✓";
const FAILED = "✗";
const UNKNOWN = "?";
const LAB = "kernel lab";

/** The document with the table in its place. */
export function withTable(document: string, record: PluginRecord): string {
  return withPart(document, PART, table(record));
}

/** The cells that a document shows: for each plugin by the title of the column. */
export function cellsShown(document: string): Map<string, Map<string, string>> {
  const lines = partOf(document, PART)
    .split("\n")
    .filter((line) => line.startsWith("| "));
  const rows = lines.map((line) => line.slice(2, -2).split(" | "));
  const [titles = [], , ...plugins] = rows;
  return new Map(
    plugins.map(([head = "", ...cells]) => {
      const name = /\[(.+?)\]/.exec(head)?.[1] ?? head;
      return [name, new Map(cells.map((cell, at) => [titles[at + 1] ?? "", cell]))];
    }),
  );
}

/** What a cell says of a run; of the columns' titles the one of the lab is for the whole row. */
export function cellText(plugin: string, column: Column, { here, lab }: PluginRecord): string {
  const reason = reasonWithout(plugin, column);
  if (reason !== undefined) return reason;
  const name = `${plugin} > ${column.claim}`;
  const states = [here[name], lab[name]];
  if (states.includes("failed")) return FAILED;
  return states.includes("passed") ? PASSED : UNKNOWN;
}

/** Whether the lab has passed the row: all that depends on the kernel, and all else that it ran. */
export function labText(plugin: string, { lab }: PluginRecord): string {
  const cells = COLUMNS.filter((column) => reasonWithout(plugin, column) === undefined);
  const stateOf = ({ claim }: Column): string | undefined => lab[`${plugin} > ${claim}`];
  if (cells.map(stateOf).includes("failed")) return FAILED;
  const decided = cells.filter(({ ofKernel }) => ofKernel === true);
  return decided.every((column) => stateOf(column) === "passed") ? PASSED : UNKNOWN;
}

/** The titles of all columns but the first. */
export function titles(): string[] {
  return [...COLUMNS.map(({ title }) => title), LAB];
}

function table(record: PluginRecord): string {
  const head = ["plugin", ...titles()];
  const rows = PLUGIN_NAMES.toSorted().map((plugin) => [
    `[${plugin}](../src/plugins/${plugin}/README.md)`,
    ...COLUMNS.map((column) => cellText(plugin, column, record)),
    labText(plugin, record),
  ]);
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
