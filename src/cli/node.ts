/** What commands about the whole node read first. */
import { CniError, ErrorCode } from "../spec/index.ts";
import { type NodeView, viewOfNode } from "../view/attachments/index.ts";
import { placesOf } from "../view/sources/index.ts";
import { confDir } from "./request.ts";
import type { Session } from "./session.ts";

/**
 * The view of this node; what cannot be read is a warning, and the rest goes on.
 * @throws CniError for a caller that is not root, where something is refused to it
 */
export function readNode(session: Session): NodeView {
  const { io, options } = session;
  const { cacheDir } = options;
  const view = viewOfNode(placesOf(io.env, { confDir: confDir(io, options), cacheDir }));
  const refused = view.problems.find((problem) => problem.refused);
  if (io.isRoot === false && refused !== undefined) {
    const msg = `${refused.source} cannot be read: ${refused.text}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause: new Error("EACCES") });
  }
  for (const { source, text } of view.problems) session.warn(`${source} is left out: ${text}`);
  return view;
}
