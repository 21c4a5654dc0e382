import type { PluginCheck } from "./define.ts";
import { OPERATIONS } from "./operations/index.ts";
import { PROTOCOL } from "./protocol/index.ts";

/** All checks of plugins, in the order of a report. */
export const PLUGIN_CHECKS: readonly PluginCheck[] = [...OPERATIONS, ...PROTOCOL];
