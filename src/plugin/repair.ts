/** How a plugin is asked to put back what its CHECK misses. */
import type { PluginIo } from "../invoke/index.ts";
import type { Environment, Operation } from "../spec/index.ts";
import type { Plugin, RepairOptions } from "./plugin.ts";

/**
 * The environment variable by which `hawser sync` asks a plugin, in a call of CHECK, to put back what
 * is missing. The answer is then a report, as `repair`. Plugins that do not know it check as ever.
 */
export const REPAIR_VARIABLE: string = "HAWSER_REPAIR";

/** Values of the variable: put back, or say what could be. */
export type RepairMode = "1" | "dry-run";

/** What a call asks for; undefined for any other than a repair. */
export function repairAsked(
  { definition }: Pick<Plugin, "definition">,
  operation: Operation,
  env: Environment,
): RepairOptions | undefined {
  if (operation !== "CHECK" || definition.repair === undefined) return undefined;
  const mode = env[REPAIR_VARIABLE];
  return mode === "1" || mode === "dry-run" ? { dryRun: mode === "dry-run" } : undefined;
}

/** The same call as its plugin sees it: a delegate that it checks is not asked for a repair. */
export function withoutRepair(io: PluginIo): PluginIo {
  if (!(REPAIR_VARIABLE in io.env)) return io;
  const { [REPAIR_VARIABLE]: _, ...env } = io.env;
  return { ...io, env };
}
