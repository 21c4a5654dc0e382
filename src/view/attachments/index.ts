/** The attachments of this node, joined from all that know of them. */
export type * from "./attachment.ts";
export { delCommand } from "./findings.ts";
export { type Named, podName, type Selection, select, selectContainer } from "./select.ts";
export { type NodeView, type ViewOptions, viewOfNode } from "./view.ts";
