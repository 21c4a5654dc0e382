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
