import {
  checkPlugin,
  checkRuntime,
  type Listed,
  PLUGIN_CHECKS,
  type PluginRun,
  type Report,
  RUNTIME_CHECKS,
  SubjectError,
} from "../../conformance/index.ts";
import type { CliIo } from "../io.ts";
import { executablePath } from "./executable.ts";
import { UsageError } from "../request.ts";
import type { Of } from "./options.ts";

/** The two suites as the command line runs them. */

/** What both are given. */
export type SuiteRun = Omit<PluginRun, "path" | "select" | "onSubject"> & {
  readonly io: CliIo;
  readonly select?: (check: Listed) => boolean;
};

export interface Suite {
  readonly checks: readonly Listed[];
  readonly run: (subject: string, run: SuiteRun) => Promise<Report>;
}

export const SUITES: Readonly<Record<Of, Suite>> = {
  plugin: {
    checks: PLUGIN_CHECKS,
    async run(subject, { io, ...run }) {
      return await checkPlugin({ ...run, path: executablePath(io, subject, run.file) });
    },
  },
  runtime: {
    checks: RUNTIME_CHECKS,
    async run(adapter, { io, file: _, ...run }) {
      const path = executablePath(io, adapter);
      try {
        return await checkRuntime({ ...run, path, env: io.env });
      } catch (error) {
        if (error instanceof SubjectError) throw new UsageError(error.message);
        throw error;
      }
    },
  },
};
