/** What an edited configuration means for what was attached by the former one. */
export { type Change, changesOf } from "./change.ts";
export type { Move, Subject } from "./meaning.ts";
