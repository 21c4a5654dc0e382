import type { PluginCheck } from "../define.ts";
import { ADD } from "./add.ts";
import { CHAINED } from "./chained.ts";
import { CHECK } from "./check.ts";
import { DEL } from "./del.ts";
import { DELEGATION } from "./delegation.ts";
import { FAILURES } from "./failure.ts";
import { FORWARDED } from "./forwarded.ts";
import { IPAM } from "./ipam.ts";
import { PREVIOUS } from "./previous.ts";
import { SABOTAGE } from "./sabotage.ts";

/** What the operations do, as each kind of plugin has them. */
export const OPERATIONS: readonly PluginCheck[] = [
  ...[...ADD, ...DEL, ...CHECK, ...SABOTAGE],
  ...[...FAILURES, ...DELEGATION, ...FORWARDED, ...IPAM, ...CHAINED, ...PREVIOUS],
];
