import type { link } from "../../kernel/route/index.ts";
import type { Interface } from "../../spec/index.ts";
import type { Piece } from "../kind.ts";

/** The piece that makes the container's link, or moves it there. */
export interface LinkPiece extends Piece {
  /**
   * The link as the kernel has it.
   * @throws a CHECK's error when it is not as it should be
   */
  link(): link.Link;
  /** What the result lists before the container's link: the host's end of a pair, say. */
  hostInterfaces?(): Interface[];
  /** The same before they are made: for a plan. */
  expectedHosts?(): Interface[];
  /** How the container's link stands in the result, where the kernel does not tell it all. */
  containerInterface?(): Interface;
}
