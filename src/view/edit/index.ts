/** What an edited configuration means for what was attached by the former one. */
export { type Change, changesOf, type Move } from "./change.ts";
export type { Subject } from "./meaning.ts";
