import type { PluginCheck } from "../define.ts";
import { ADD } from "./add.ts";
import { DEL } from "./del.ts";

/** What the operations do, as each kind of plugin has them. */
export const OPERATIONS: readonly PluginCheck[] = [...ADD, ...DEL];
