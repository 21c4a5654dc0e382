import type { PluginCheck } from "../define.ts";
import { EXACT } from "./exact.ts";
import { FORWARDED } from "./forwarded.ts";
import { LEFT_ALONE } from "./left-alone.ts";
import { PREVIOUS } from "./previous.ts";
import { TOLD } from "./told.ts";

/** What is right at first sight and wrong at the second: `npm run mutants` has shown the need of these. */
export const DETAILS: readonly PluginCheck[] = [
  ...[...EXACT, ...TOLD, ...FORWARDED],
  ...[...LEFT_ALONE, ...PREVIOUS],
];
