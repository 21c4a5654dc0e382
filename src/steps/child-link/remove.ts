import { link, type RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Sides } from "../sides/index.ts";
import type { ChildKind } from "./kind.ts";
import { temporaryNames } from "./name.ts";

/**
 * Removes an attachment's link from its container, also one that another implementation has made
 * or that an ADD that was killed has not named yet. A link of another kind stays.
 */
export function removeChildLinks(sides: Sides, owner: Attachment, kind: ChildKind): void {
  if (sides.netns === undefined) return;
  for (const name of [owner.ifName, ...temporaryNames(owner)]) {
    deleteOfKind(sides.container, name, kind);
  }
}

/** Deletes the link of this name when it is of this kind; tells whether it was. */
export function deleteOfKind(socket: RouteSocket, name: string, kind: ChildKind): boolean {
  const found = link.get(socket, { name });
  if (found?.kind !== kind) return false;
  deleteLink(socket, found.index);
  return true;
}

/** Deletes a link; one that is gone is fine. */
export function deleteLink(socket: RouteSocket, index: number): void {
  try {
    link.delete(socket, index);
  } catch (error) {
    if (!isKernelError(error, Errno.ENODEV)) throw error;
  }
}
