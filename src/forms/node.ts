import { list, number, object, one, type Schema, text, time } from "./schema.ts";

/** This node, and how much of it could be read. */
export interface NodeForm {
  readonly hostname: string;
  readonly version: string;
  /** Of the answer, ISO 8601. */
  readonly time: string;
  /** Of the joined view: a stream of changes begins there. */
  readonly revision: string;
  readonly attachments: number;
  readonly networks: number;
  /** What answers: a program started for this, or the node daemon. */
  readonly by: "ui" | "daemon" | "report";
  readonly daemon: "ready" | "not ready" | "none";
  /** Sources that could not be read. */
  readonly problems: readonly string[];
}

export const nodeSchema: Schema<NodeForm> = object<NodeForm>(
  {
    hostname: text(),
    version: text("Hawser's own."),
    time: time("Of the answer."),
    revision: text("Of the joined view: a stream of changes begins there."),
    attachments: number(),
    networks: number(),
    by: one(["ui", "daemon", "report"], "What answers."),
    daemon: one(["ready", "not ready", "none"]),
    problems: list(text(), "Sources that could not be read."),
  },
  "This node, and how much of it could be read.",
);
