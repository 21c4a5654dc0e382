import { ListLimitError, type link } from "../../kernel/route/index.ts";
import { linkNames } from "../link-name.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { isOwnInside } from "../netns-record/index.ts";
import { ownerComment } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import type { VirtualLinkKind } from "./kernel-kind.ts";

/**
 * Removes an attachment's link from its container, also one that another implementation has made
 * or that an ADD that was killed has not named yet. A link of another kind, or of another
 * attachment, stays.
 */
export async function removeLinks(scene: Scene, kind: VirtualLinkKind): Promise<void> {
  for (const { index } of ownLinks(scene, kind)) await scene.namespaces.deleteLinkInside(index);
}

/** The attachment's links in its container; touches nothing. */
export function ownLinks(scene: Scene, kind: VirtualLinkKind): link.Link[] {
  const { namespaces, owner } = scene;
  if (namespaces.netns === undefined) return [];
  const named = [owner.ifName, ...linkNames("tmp", owner)].flatMap((name) => {
    const found = namespaces.containerLinks.get({ name });
    return found?.kind === kind && isOwnInside(scene, found) ? [found] : [];
  });
  return named.length > 0 ? named : renamed(scene, kind);
}

/** A link for people. */
export function textOf({ name }: link.Link, where: string): string {
  return `link ${name} ${where}`;
}

/** The link under another name, by the attachment's mark: containers can rename what they have. */
function renamed({ namespaces, owner }: Scene, kind: VirtualLinkKind): link.Link[] {
  try {
    return namespaces.containerLinks.marked(kind, (mark) => mark === ownerComment(owner));
  } catch (error) {
    // The container has filled its own list. Its links go with its namespace.
    if (error instanceof ListLimitError) return [];
    throw error;
  }
}

/** Deletes the container's link of this name at once when it is of this kind. */
export function deleteOfKind(namespaces: Namespaces, name: string, kind: VirtualLinkKind): void {
  const found = namespaces.containerLinks.get({ name });
  if (found?.kind === kind) namespaces.containerLinks.delete(found.index);
}
