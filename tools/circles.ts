import { dirname, join, normalize } from "node:path";
import { importsOf } from "./imports.ts";
import type { Source } from "./sources.ts";

/**
 * Files that import one another, directly or through others, each group sorted. An import of a type
 * counts: it costs nothing at run time, but none of the files can be understood without the others.
 */
export function importCircles(sources: readonly Source[]): string[][] {
  const graph = new Map(sources.map(({ path, text }) => [path, relativeImports(path, text)]));
  const reached = new Map([...graph.keys()].map((path) => [path, reachableFrom(path, graph)]));
  const circles = new Map<string, string[]>();
  for (const [path, others] of reached) {
    if (!others.has(path)) continue;
    const circle = [...others].filter((other) => reached.get(other)?.has(path)).sort();
    circles.set(circle.join(" "), circle);
  }
  return [...circles].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, circle]) => circle);
}

function relativeImports(path: string, text: string): string[] {
  return importsOf(path, text)
    .filter((target) => target.startsWith("."))
    .map((target) => normalize(join(dirname(path), target)));
}

/** All files that one leads to; itself only if a way leads back. */
function reachableFrom(path: string, graph: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const open = [...(graph.get(path) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(graph.get(next) ?? []));
  }
  return reached;
}
