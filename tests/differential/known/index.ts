import { ANSWERS } from "./answers.ts";
import type { Known } from "./known.ts";
import { OF_RUNTIME } from "./runtime.ts";
import { STATE } from "./state.ts";

export type { Known } from "./known.ts";

/** Every difference that is known; the first that fits counts. */
export const KNOWN: readonly Known[] = [...OF_RUNTIME, ...ANSWERS, ...STATE];
