import type { link } from "../../kernel/route/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import { netnsOfAdd } from "./record.ts";

/**
 * For DEL: whether a link inside the container's namespace may be deleted as the attachment's. It may
 * where the namespace is proved to be that of the ADD. Otherwise, as when another implementation did
 * the ADD, the link must not bear another attachment's mark.
 */
export function isOwnInside({ ctx, owner }: Scene, { alias }: link.Link): boolean {
  if (alias === undefined || alias === ownerComment(owner)) return true;
  return netnsOfAdd(ctx, owner) !== undefined;
}
