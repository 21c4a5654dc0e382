export type { LinkConfig } from "./config.ts";
export { type LinkPlugin, type LinkScene, linkPlugin } from "./link-plugin.ts";
export type { LinkPiece } from "./piece.ts";
