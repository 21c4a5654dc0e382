/**
 * What a room may touch. "pure": no I/O at all, not even a type for it. "node": Node 20 and Bun
 * alike, part of the npm package. "bun": anything. "browser": the page, which has a document.
 */
export type Platform = "pure" | "node" | "bun" | "browser";

export interface Room {
  /** The folder below src/, with an index.ts as its only door. */
  readonly name: string;
  readonly purpose: string;
  readonly platform: Platform;
  readonly imports: readonly string[];
  /** Each folder inside has a door too, so that a plugin loads what it uses. */
  readonly folders?: boolean;
}
