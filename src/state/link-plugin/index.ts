export type { LinkConfig } from "./config.ts";
export { type LinkContext, type LinkPlugin, linkPlugin } from "./link-plugin.ts";
export type { LinkPiece } from "./piece.ts";
