import {
  checkPlugin,
  type Listed,
  PLUGIN_CHECKS,
  type PluginRun,
  type Report,
} from "../../conformance/index.ts";
import type { CliIo } from "../io.ts";
import { executablePath } from "./executable.ts";
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
};
