import type { Attachment } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import type { ChildKind } from "./kind.ts";
import { temporaryNames } from "./name.ts";

/**
 * Removes an attachment's link from its container, also one that another implementation has made
 * or that an ADD that was killed has not named yet. A link of another kind stays.
 */
export async function removeChildLinks(
  namespaces: Namespaces,
  owner: Attachment,
  kind: ChildKind,
): Promise<void> {
  if (namespaces.netns === undefined) return;
  for (const name of [owner.ifName, ...temporaryNames(owner)]) {
    const found = namespaces.containerLinks.get({ name });
    if (found?.kind === kind) await namespaces.deleteLinkInside(found.index);
  }
}

/** Deletes the container's link of this name at once when it is of this kind. */
export function deleteOfKind(namespaces: Namespaces, name: string, kind: ChildKind): void {
  const found = namespaces.containerLinks.get({ name });
  if (found?.kind === kind) namespaces.containerLinks.delete(found.index);
}
