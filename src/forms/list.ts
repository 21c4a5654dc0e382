import { type AttachmentForm, attachmentSchema } from "./attachment.ts";
import { type RuleForm, ruleSchema } from "./rule.ts";
import { flag, list, object, type Schema, text } from "./schema.ts";

/** Attachments of this node that a question is about. */
export interface AttachmentsForm {
  /** Sorted by network, pod or container, and interface. */
  readonly attachments: readonly AttachmentForm[];
  /** There are others that this answer leaves out. */
  readonly more: boolean;
  readonly problems: readonly string[];
}

export const attachmentsSchema: Schema<AttachmentsForm> = object<AttachmentsForm>({
  attachments: list(attachmentSchema, "Sorted by network, pod or container, and interface."),
  more: flag("There are others that this answer leaves out."),
  problems: list(text(), "What could not be read."),
});

/** Our rules and elements of the packet filter. */
export interface RulesForm {
  readonly rules: readonly RuleForm[];
  readonly more: boolean;
  readonly problems: readonly string[];
}

export const rulesSchema: Schema<RulesForm> = object<RulesForm>({
  rules: list(ruleSchema),
  more: flag("There are others that this answer leaves out."),
  problems: list(text(), "What could not be read."),
});
