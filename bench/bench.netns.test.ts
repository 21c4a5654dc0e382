import { expect } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tests/support/exec.ts";
import { skipBecause } from "../tests/support/needs.ts";
import { hawserPlugins } from "../tests/support/plugin-sets.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const ROWS = ["kernel", "runtime", "executables"] as const;

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
      const { rows, raw } = JSON.parse(readFileSync(join(results, record), "utf8"));
      expect(rows.map((row: { contender: { id: string } }) => row.contender.id)).toEqual([...ROWS]);
      for (const id of ROWS) {
        expect(raw[id]).toHaveLength(1);
        expect(raw[id][0].add).toBeGreaterThan(0);
        expect(raw[id][0].del).toBeGreaterThan(0);
      }
      expect(answer.stdout).toContain("| Hawser, in process");
    } finally {
      rmSync(results, { recursive: true });
    }
  },
  60_000,
);
