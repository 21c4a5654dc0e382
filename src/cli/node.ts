/** What commands about the whole node read first. */
import { type NodeView, type ViewOptions, viewOfNode } from "../view/attachments/index.ts";
import { type Places, type Problem, placesOf } from "../view/sources/index.ts";
import { confDir } from "./request.ts";
import type { Session } from "./session.ts";

/**
 * The view of this node; what cannot be read is a warning, and the rest goes on.
 * @throws the system's refusal to a caller that is not root, where nothing else is found
 */
export function readNode(session: Session, options: ViewOptions = {}): NodeView {
  const view = viewOfNode(placesFor(session), options);
  const refused = view.problems.find((problem) => problem.refused);
  const isBlind = view.attachments.every(({ state }) => state === "unclear");
  if (session.io.isRoot === false && refused !== undefined && isBlind) {
    throw refused.error ?? new Error(refused.text);
  }
  for (const problem of view.problems) session.warn(problemText(problem));
  return view;
}

/** Where a command looks: the places that its options name, and the usual ones. */
export function placesFor({ io, options }: Session): Places {
  return placesOf(io.env, { confDir: confDir(io, options), cacheDir: options.cacheDir });
}

/** A source that was not read, whole or in part. */
export function problemText({ source, text }: Problem): string {
  return `${source} is left out: ${text}`;
}
