import { basename } from "node:path";
import type { Report } from "../check.ts";
import { runSuite, type SuiteRun } from "../run/index.ts";
import type { Subject, SubjectFile } from "../subject/index.ts";
import type { Machine } from "../world/index.ts";
import { PLUGIN_CHECKS } from "./checks.ts";
import type { PluginCheck } from "./define.ts";
import { meet } from "./meet.ts";
import { PluginScene } from "./scene.ts";

/** The suite for plugins: one executable in, one report out. */

export interface PluginRun extends SuiteRun<PluginCheck> {
  readonly machine: Machine;
  /** The executable, absolute. */
  readonly path: string;
  readonly file?: SubjectFile;
  readonly onSubject?: (subject: Subject) => void;
}

/** @throws MachineUnfit when no world can be made. */
export async function checkPlugin(run: PluginRun): Promise<Report> {
  const started = performance.now();
  const { machine, path } = run;
  const subject = await meet(machine, path, run.file, run.timeoutMs);
  run.onSubject?.(subject);
  const { kind, versions, by, isGuess } = subject;
  return await runSuite<PluginScene, Subject, PluginCheck>(run, {
    of: "plugin",
    checks: PLUGIN_CHECKS,
    facts: subject,
    subject: {
      ...{ name: basename(path), path, kind, versions, by },
      ...(isGuess === undefined ? {} : { isGuess }),
    },
    machine,
    started,
    scene: async (_, options) => await PluginScene.create(machine, subject, options),
  });
}
