import type { AttachmentStateForm } from "../../forms/index.ts";

/** A shape for each state, in a box of 16 by 16: colour is never the only sign. */
export const STATE_SHAPES: Readonly<Record<AttachmentStateForm, string>> = {
  ok: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z",
  drift: "M8 1.8L15 14H1z",
  orphan: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12zm0 2.6a3.4 3.4 0 1 1 0 6.8a3.4 3.4 0 1 1 0-6.8z",
  leak: "M8 1l7 7l-7 7l-7-7z",
  unfinished: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12zm0 1.8v8.4a4.2 4.2 0 0 1 0-8.4z",
  unclear: "M3 3h10v10H3z",
};
