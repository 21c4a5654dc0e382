/** `hawser conformance`: whether a plugin keeps the specification. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { checkPlugin, machineForWorlds, readSubject } from "../../conformance/index.ts";
import type { CliIo } from "../io.ts";
import { VERSION } from "../version.ts";

export interface ConformanceOptions {
  readonly subject?: string;
  readonly profile?: "quick" | "full";
  readonly check?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly bail?: boolean;
}

export async function runPluginConformance(
  io: CliIo,
  executable: string,
  options: ConformanceOptions,
): Promise<number> {
  const machine = machineForWorlds(io.env);
  const report = await checkPlugin({
    machine,
    path: resolve(io.cwd, executable),
    profile: options.profile ?? "quick",
    seed: Number(options.seed ?? Date.now() % 1_000_000),
    width: availableParallelism() * 2,
    version: VERSION,
    command: `hawser conformance plugin ${executable}`,
    signal: io.signal,
    ...(options.bail === true ? { bail: true } : {}),
    ...(options.check === undefined ? {} : { select: ({ name }) => name === options.check }),
    ...(options.subject === undefined
      ? {}
      : { file: readSubject(readFileSync(resolve(io.cwd, options.subject), "utf8")) }),
  });
  io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  return report.outcomes.some(({ verdict }) => verdict === "failed") ? 1 : 0;
}
