import type { PluginCheck } from "./define.ts";
import { OPERATIONS } from "./operations/index.ts";
import { OWNERSHIP } from "./ownership/index.ts";
import { PROTOCOL } from "./protocol/index.ts";

/** All checks of plugins, in the order of a report. */
export const PLUGIN_CHECKS: readonly PluginCheck[] = [...PROTOCOL, ...OPERATIONS, ...OWNERSHIP];
