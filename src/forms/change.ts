import type { AttachmentForm } from "./attachment.ts";

/** A change of this node, as it stands in the stream. */
export interface ChangeForm {
  /** After this change; a stream goes on from there. */
  readonly revision: string;
  /**
   * `attachment`: one has come, gone or changed, and `attachment` is what it is now, or was.
   * `node`: something else has changed (links, ranges, files); read anew what is shown.
   * `reset`: the revision that was asked for is not known any more; read everything anew.
   */
  readonly kind: "attachment" | "node" | "reset";
  readonly event?: "attached" | "detached" | "changed" | undefined;
  readonly attachment?: AttachmentForm | undefined;
}
