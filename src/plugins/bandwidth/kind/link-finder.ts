import type { link } from "../../../kernel/route/index.ts";

/** A link of the host that is known when the pieces before have been made. */
export interface LinkFinder {
  /** @throws CniError when it is missing. */
  link(): link.Link;
}
