import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files in which an executable writes down what it uses (BUN_BYTECODE_ORDER_OUT). */

/** The first line, which tells the format. */
export const ORDER_HEAD = "v2";

/**
 * The lines of functions in the records of a directory, by the names of the files and each once. All
 * else there, as the 7,000 functions that were not used, is left out: executables that were laid out
 * with those lines as well start slower.
 */
export function readOrders(directory: string): string[] {
  const functions = new Set<string>();
  for (const name of readdirSync(directory).sort()) {
    for (const line of functionsOf(readFileSync(join(directory, name), "utf8"))) {
      functions.add(line);
    }
  }
  return [...functions];
}

/** The lines of functions in one record, in the order of their first use. */
export function functionsOf(record: string): string[] {
  const [head, ...lines] = record.split("\n");
  if (head !== ORDER_HEAD) throw new Error(`a record begins with ${JSON.stringify(head)}`);
  return lines.filter((line) => line.startsWith("F "));
}
