import { expect } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tests/support/exec.ts";
import { skipBecause } from "../tests/support/needs.ts";
import { entryPrograms } from "../tests/support/plugin-sets.ts";
import { startable } from "../tests/support/programs.ts";
import type { Record } from "./record.ts";
import { SCENARIOS } from "./scenarios/index.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
/** Ours and the floors: the others are measured where they are, not tested. */
const ROWS = ["veth", "kernel", "floor", "runtime", "entry", "entry-down", "executables"];

skipBecause(entryPrograms().missing)(
  "the tiny benchmark answers every question, with its goals and its plots",
  async () => {
    startable(["ip"]);
    const results = mkdtempSync(join(tmpdir(), "hawser-bench-"));
    try {
      const rows = ROWS.flatMap((row) => ["--row", row]);
      const argv = [process.execPath, MAIN, "--tiny", ...rows, "--results", results];
      const answer = await run(argv, { timeoutMs: 170_000 });
      expect(answer).toMatchObject({ exitCode: 0 });
      const file = readdirSync(results).find((name) => name.endsWith(".json")) ?? "";
      const record = JSON.parse(readFileSync(join(results, file), "utf8")) as Record;
      expect(record.scenarios.map(({ id }) => id)).toEqual(SCENARIOS.map(({ id }) => id));
      for (const { id, outcome } of record.scenarios) {
        const cells = outcome.tables.flatMap(({ body }) => body.flat());
        expect({ id, cells: cells.length > 0 }).toEqual({ id, cells: true });
        expect({ id, unknown: cells.filter((cell) => /NaN|undefined|^–/.test(cell)) }).toEqual({
          id,
          unknown: [],
        });
        for (const plot of outcome.plots ?? []) {
          const svg = readFileSync(join(results, file.replace(".json", `-${plot.id}.svg`)), "utf8");
          expect(svg).toStartWith("<svg ");
          expect(svg).toContain(plot.title);
        }
      }
      expect(existsSync(join(results, file.replace(".json", ".md")))).toBe(true);
      const failed = record.scenarios
        .flatMap(({ outcome }) => outcome.goals)
        .find(({ what }) => what.endsWith("at once: failures"));
      expect(failed?.measured).toBe("0");
    } finally {
      rmSync(results, { recursive: true });
    }
  },
  180_000,
);
