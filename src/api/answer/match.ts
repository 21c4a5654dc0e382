import type { Resource } from "../resources/index.ts";

/** A resource that a path leads to, and the names in that path. */
export interface Match<T> {
  readonly resource: T;
  readonly names: readonly string[];
}

/** Undefined where no resource has such a path. @param path below the root of the API */
export function match<T extends Pick<Resource, "path">>(
  resources: readonly T[],
  path: string,
): Match<T> | undefined {
  const given = path.split("/");
  for (const resource of resources) {
    const names = namesIn(resource.path.split("/"), given);
    if (names !== undefined) return { resource, names };
  }
  return undefined;
}

function namesIn(pattern: readonly string[], given: readonly string[]): string[] | undefined {
  if (pattern.length !== given.length) return undefined;
  const names: string[] = [];
  for (const [at, part] of pattern.entries()) {
    const text = decoded(given[at] ?? "");
    if (text === undefined) return undefined;
    if (part.startsWith("{")) names.push(text);
    else if (part !== text) return undefined;
  }
  return names;
}

/** Undefined for what is no text. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
