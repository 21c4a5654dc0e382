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
