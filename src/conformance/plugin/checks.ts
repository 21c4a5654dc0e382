import type { PluginCheck } from "./define.ts";
import { ADD } from "./operations/add.ts";
import { PROTOCOL } from "./protocol/index.ts";

/** All checks of plugins, in the order of a report. */
export const PLUGIN_CHECKS: readonly PluginCheck[] = [...ADD, ...PROTOCOL];
