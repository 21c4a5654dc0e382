import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Source } from "../sources.ts";
import { ROOT } from "../test/files.ts";
import { wordProblems } from "./offences.ts";

/** How many offences each room has left. The numbers only ever fall; a room without one has none. */

const FILE = join(ROOT, "tools/words/left.json");
const LEFT = v.record(v.string(), v.number());

/** The rules and their own tests name what they ban. */
const OWN_FILES: ReadonlySet<string> = new Set([
  "tools/words/private-words.ts",
  "tools/words/offences.ts",
  "tools/words/words.test.ts",
]);

export type Counts = Readonly<Record<string, number>>;

export function readLeft(): Counts {
  return v.parse(LEFT, JSON.parse(readFileSync(FILE, "utf8")));
}

export function writeLeft(counts: Counts): void {
  writeFileSync(FILE, `${JSON.stringify(counts, null, 2)}\n`);
}

/** The folder that is counted as one: below `src` and `tests`, each folder is. */
export function roomOfWords(path: string): string {
  const [top = "", next = ""] = path.split("/");
  if ((top !== "src" && top !== "tests") || next.endsWith(".ts")) return top;
  // What one plugin alone uses moves from `state` to that plugin.
  return next === "state" ? "src/plugins" : `${top}/${next}`;
}

/** Every offence, by room; rooms without one are left out. */
export function offencesByRoom(sources: readonly Source[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const source of sources) {
    const problems = OWN_FILES.has(source.path) ? [] : wordProblems(source);
    const room = roomOfWords(source.path);
    if (problems.length > 0) found.set(room, [...(found.get(room) ?? []), ...problems]);
  }
  return found;
}

/** The offences of each room that has more than are left to it. */
export function overrun(found: ReadonlyMap<string, readonly string[]>, left: Counts): string[] {
  return [...found].flatMap(([room, problems]) => {
    const allowed = left[room] ?? 0;
    return problems.length > allowed
      ? [`${room}: ${problems.length} offences, of ${allowed} at most`, ...problems]
      : [];
  });
}

/** The counts as they may be written: never above those of today. */
export function lowered(found: ReadonlyMap<string, readonly string[]>, left: Counts): Counts {
  const lower = Object.entries(left).map(([room, allowed]): [string, number] => {
    return [room, Math.min(allowed, found.get(room)?.length ?? 0)];
  });
  return Object.fromEntries(lower.filter(([, count]) => count > 0));
}
