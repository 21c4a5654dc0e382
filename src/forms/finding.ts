import { type Keys, maybe, object, one, type Schema, text } from "./schema.ts";

/** Something that is not as it should be, whichever command or check has found it. */
export interface FindingForm {
  /** One word for its kind; the documents list them. */
  readonly name: string;
  readonly severity: "error" | "warning" | "note";
  /** A sentence without its full stop. */
  readonly message: string;
  /** What mends it: a command, or what to do. */
  readonly remedy?: string | undefined;
  /** Of an attachment: what it comes to. */
  readonly state?: AttachmentStateForm | undefined;
}

/** How an attachment is, all in all; docs/cli.md says what each means. */
export type AttachmentStateForm = "ok" | "drift" | "orphan" | "leak" | "unfinished" | "unclear";

export const ATTACHMENT_STATES: readonly AttachmentStateForm[] = [
  ...(["ok", "drift", "orphan", "leak", "unfinished", "unclear"] as const),
];

export function stateSchema(description?: string): Schema<AttachmentStateForm> {
  return one(ATTACHMENT_STATES, description);
}

export const FINDING: Keys<FindingForm> = {
  name: text("One word for its kind; docs list them."),
  severity: one(["error", "warning", "note"]),
  message: text(),
  remedy: maybe(text("What mends it: a command, or what to do.")),
  state: maybe(stateSchema("Of an attachment: what it comes to.")),
};

export const findingSchema: Schema<FindingForm> = object(
  FINDING,
  "What a command has found wrong.",
);
