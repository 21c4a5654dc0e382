import type { PluginCheck } from "../define.ts";
import { CONCURRENCY } from "./concurrency.ts";
import { LEFT_ALONE } from "./left-alone.ts";
import { WHOSE_IS_IT } from "./whose-is-it.ts";

/** Whether a plugin keeps its hands off what is another's, also when many act at once. */
export const OWNERSHIP: readonly PluginCheck[] = [...WHOSE_IS_IT, ...LEFT_ALONE, ...CONCURRENCY];
