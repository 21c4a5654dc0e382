import { type AttachmentForm, attachmentSchema } from "./attachment.ts";
import { maybe, object, one, type Schema, text } from "./schema.ts";

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

export const changeSchema: Schema<ChangeForm> = object<ChangeForm>({
  revision: text("After this change; a stream goes on from there."),
  kind: one(
    ["attachment", "node", "reset"],
    "An attachment has come, gone or changed; something else has; or all is to be read anew.",
  ),
  event: maybe(one(["attached", "detached", "changed"])),
  attachment: maybe(attachmentSchema),
});
