import type { DaemonState } from "./inside/daemon.ts";
import { amount } from "./outcome.ts";

/** How the state of a daemon stands in a table. */

export const STATE_HEAD: readonly string[] = [
  "its own memory, MiB",
  "resident, MiB",
  "processor while idle",
];

export function stateCells({ ownMiB, residentMiB, idleCpu }: DaemonState): string[] {
  return [amount(ownMiB), amount(residentMiB), `${(idleCpu * 100).toFixed(2)} %`];
}
