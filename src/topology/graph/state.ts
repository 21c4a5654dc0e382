import type { AttachmentStateForm } from "../../forms/index.ts";

/** The gravest first. */
const GRAVITY: readonly AttachmentStateForm[] = [
  "orphan",
  "leak",
  "unclear",
  "unfinished",
  "drift",
  "ok",
];

/** The graver of two. */
export function graver(one: AttachmentStateForm, other: AttachmentStateForm): AttachmentStateForm {
  return GRAVITY.indexOf(one) <= GRAVITY.indexOf(other) ? one : other;
}
