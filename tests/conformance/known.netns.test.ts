import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkPlugin,
  checkRuntime,
  judgeKnown,
  machineForWorlds,
  PLUGIN_CHECKS,
  type Report,
  RUNTIME_CHECKS,
  readKnown,
} from "../../src/conformance/index.ts";
import { ROOT } from "../../tools/test/files.ts";
import { needs } from "../support/needs.ts";

/** Our known failures are still failures, and as the lists say. */

interface Subject {
  readonly list: string;
  readonly suite: readonly { readonly name: string }[];
  readonly run: (select: (check: { readonly name: string }) => boolean) => Promise<Report>;
}

const base = { profile: "full", seed: 1, width: 1, version: "", command: "" } as const;

const SUBJECTS: readonly Subject[] = [
  {
    list: "known-host-local.txt",
    suite: PLUGIN_CHECKS,
    run: async (select) => {
      const path = join(ROOT, "dist/cni/host-local");
      return await checkPlugin({ ...base, machine: machineForWorlds(process.env), path, select });
    },
  },
  {
    list: "known-hawser.txt",
    suite: RUNTIME_CHECKS,
    run: async (select) => {
      const path = join(ROOT, "examples/conformance/adapters/hawser");
      const env = { ...process.env, HAWSER: join(ROOT, "dist/hawser") };
      const machine = machineForWorlds(process.env);
      return await checkRuntime({ ...base, machine, path, env, select });
    },
  },
];

describe("what is known to fail does so as the list says", () => {
  for (const { list: file, suite, run } of SUBJECTS) {
    needs("ip")(
      file,
      async () => {
        const list = readKnown(readFileSync(join(ROOT, "docs/conformance", file), "utf8"));
        const listed = new Set(list.entries.map(({ check }) => check));
        const report = await run(({ name }) => listed.has(name));
        const names = suite.map(({ name }) => name);
        const { stale } = judgeKnown(list, { suite: names, outcomes: report.outcomes });
        expect(stale).toEqual([]);
        expect(report.outcomes).toHaveLength(listed.size);
      },
      60_000,
    );
  }
});
