import {
  checkPlugin,
  checkRuntime,
  type Listed,
  machineForWorlds,
  PLUGIN_CHECKS,
  type Report,
  RUNTIME_CHECKS,
  type SuiteRun as Run,
  type SubjectFile,
} from "../../conformance/index.ts";
import type { CliIo } from "../io.ts";
import { executablePath } from "./executable.ts";
import type { Of } from "./options.ts";

/** The two suites as the command line runs them. */

export interface SuiteRun extends Run<Listed> {
  /** Of a plugin alone. */
  readonly file?: SubjectFile;
}

export interface Suite {
  readonly checks: readonly Listed[];
  /** Looks at what the words name, and gives what will check it. */
  readonly of: (io: CliIo, subject: string, file?: SubjectFile) => CheckSubject;
}

/** @throws MachineUnfit when this machine cannot run the suite */
export type CheckSubject = (run: SuiteRun) => Promise<Report>;

export type Suites = Readonly<Record<Of, Suite>>;

export const SUITES: Suites = {
  plugin: {
    checks: PLUGIN_CHECKS,
    of(io, subject, file) {
      const path = executablePath(io, subject, file?.directories);
      return async (run) => {
        return await checkPlugin({ ...run, machine: machineForWorlds(io.env, io.signal), path });
      };
    },
  },
  runtime: {
    checks: RUNTIME_CHECKS,
    of(io, subject) {
      const path = executablePath(io, subject);
      return async ({ file: _, ...run }) => {
        const machine = machineForWorlds(io.env, io.signal);
        return await checkRuntime({ ...run, machine, path, env: io.env });
      };
    },
  },
};
