import type { PluginCheck } from "../define.ts";
import { ERRORS } from "./errors.ts";
import { EXACT } from "./exact.ts";
import { GC } from "./gc.ts";
import { INPUT } from "./input.ts";
import { NAMES } from "./names.ts";
import { PARAMETERS } from "./parameters.ts";
import { PREV_RESULT } from "./prev-result.ts";
import { RESULTS } from "./results.ts";
import { STATUS } from "./status.ts";
import { STREAMS } from "./streams.ts";
import { TOLD } from "./told.ts";
import { VERSION } from "./version.ts";
import { VERSION_RULES } from "./versions.ts";

/** What every plugin has to keep, whatever its network does. */
export const PROTOCOL: readonly PluginCheck[] = [
  ...PARAMETERS,
  ...NAMES,
  ...STREAMS,
  ...ERRORS,
  ...VERSION,
  ...VERSION_RULES,
  ...STATUS,
  ...GC,
  ...RESULTS,
  ...PREV_RESULT,
  ...INPUT,
  ...EXACT,
  ...TOLD,
];
