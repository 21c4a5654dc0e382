import { expect } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tests/support/exec.ts";
import { skipBecause } from "../tests/support/needs.ts";
import { hawserPlugins } from "../tests/support/plugin-sets.ts";
import type { Row } from "./report.ts";
import type { Round } from "./world.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const ROWS = ["kernel", "runtime", "executables"] as const;

/** What is kept of a run, as far as it is looked at here. */
interface Kept {
  readonly rows: readonly Row[];
  readonly raw: Readonly<{ [id: string]: readonly Round[] }>;
}

skipBecause(hawserPlugins().missing)(
  "one round of the benchmark gives a table and a record of every row of ours",
  async () => {
    const results = mkdtempSync(join(tmpdir(), "hawser-bench-"));
    try {
      const only = ROWS.flatMap((row) => ["--only", row]);
      const argv = [process.execPath, MAIN, "-n", "1", ...only, "--results", results];
      const answer = await run(argv);
      expect({ exitCode: answer.exitCode, stderr: answer.stderr }).toMatchObject({ exitCode: 0 });
      const record = readdirSync(results).find((name) => name.endsWith(".json")) ?? "";
      const { rows, raw } = JSON.parse(readFileSync(join(results, record), "utf8")) as Kept;
      expect(rows.map(({ contender }) => contender.id)).toEqual([...ROWS]);
      for (const id of ROWS) {
        expect(raw[id]?.map(({ add, del }) => add > 0 && del > 0)).toEqual([true]);
      }
      expect(answer.stdout).toContain("| Hawser, in process");
    } finally {
      rmSync(results, { recursive: true });
    }
  },
  60_000,
);
