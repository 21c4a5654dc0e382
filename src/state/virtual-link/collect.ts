import type { Namespaces } from "../namespaces/index.ts";
import type { ChildKind } from "./kind.ts";

/**
 * Removes links of the host with a stale mark. The links live and die in their containers; one is
 * here only when somebody took it out.
 */
export async function collectChildLinks(
  namespaces: Namespaces,
  kind: ChildKind,
  isStale: (mark: string) => boolean,
): Promise<void> {
  const stale = namespaces.hostLinks
    .list({ kind })
    .filter(({ alias }) => alias !== undefined && isStale(alias));
  await namespaces.deleteLinks(stale.map(({ index }) => index));
}
