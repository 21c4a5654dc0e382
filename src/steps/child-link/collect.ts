import { link } from "../../kernel/route/index.ts";
import type { Sides } from "../sides/index.ts";
import type { ChildKind } from "./kind.ts";
import { deleteLink } from "./remove.ts";

/**
 * Removes links of the host with a stale mark. The links live and die in their containers; one is
 * here only when somebody took it out.
 */
export function collectChildLinks(
  sides: Sides,
  kind: ChildKind,
  isStale: (mark: string) => boolean,
): void {
  for (const { index, alias } of link.list(sides.host, { kind })) {
    if (alias !== undefined && isStale(alias)) deleteLink(sides.host, index);
  }
}
