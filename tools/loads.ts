import { dirname, join, normalize } from "node:path";
import { parseSync } from "oxc-parser";
import type { Source } from "./sources.ts";

/**
 * The files that come with each file when it is loaded: what it imports, directly or through
 * others. Imports of types alone, and of `import()`, load nothing by themselves.
 */
export function loadedWith(path: string, sources: ReadonlyMap<string, Source>): Set<string> {
  const loaded = new Set<string>();
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    const source = sources.get(next);
    if (source === undefined) throw new Error(`${next} is imported and is not there`);
    open.push(...relativeLoads(source));
  }
  return loaded;
}

function relativeLoads({ path, text }: Source): string[] {
  return loadsOf(path, text)
    .filter((target) => target.startsWith("."))
    .map((target) => normalize(join(dirname(path), target)));
}

/** Every module that loading a file loads. */
export function loadsOf(path: string, text: string): string[] {
  const { module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const imported = module.staticImports
    .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
    .map(({ moduleRequest }) => moduleRequest.value);
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null || isType ? [] : [moduleRequest.value],
    ),
  );
  return [...new Set([...imported, ...exported])];
}
