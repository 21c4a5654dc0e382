import type { PluginCheck } from "./define.ts";
import { ADD } from "./operations/add.ts";

/** All checks of plugins, in the order of a report. */
export const PLUGIN_CHECKS: readonly PluginCheck[] = [...ADD];
