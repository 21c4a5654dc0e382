/** The networks of this node: files, and what is attached although no file configures it any more. */
export { type NetworkRow, networkRows } from "./networks.ts";
