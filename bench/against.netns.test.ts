import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../tests/support/exec.ts";
import { skipBecause } from "../tests/support/needs.ts";
import { entryPrograms } from "../tests/support/plugin-sets.ts";
import { startable } from "../tests/support/programs.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

skipBecause(entryPrograms().missing)(
  "another checkout is measured beside this one",
  async () => {
    startable(["ip"]);
    const results = mkdtempSync(join(tmpdir(), "hawser-bench-"));
    try {
      const rows = ["runtime", "entry", "executables"].flatMap((row) => ["--row", row]);
      const only = ["--only", "chain", "--only", "processor"];
      // This very one, which is built.
      const against = ["--against", fileURLToPath(new URL("..", import.meta.url))];
      const argv = [process.execPath, MAIN, "--tiny", ...only, ...rows, ...against];
      const answer = await run([...argv, "--results", results], { timeoutMs: 120_000 });
      expect(answer).toMatchObject({ exitCode: 0 });
      for (const title of ["times as long as before", "times as much as before"]) {
        const table = answer.stdout.split("\n\n").find((part) => part.startsWith(`| ${title}`));
        expect(table).toContain("\n| Hawser, in process ");
        expect(table).toContain("\n| Hawser, entry programs, daemon up ");
        expect(table).not.toMatch(/NaN|–/);
      }
      expect(answer.stdout).toContain("Hawser, executables: ADD against before");
    } finally {
      rmSync(results, { recursive: true });
    }
  },
  120_000,
);

test("a checkout that is not built is refused", async () => {
  const answer = await run([process.execPath, MAIN, "--against", tmpdir()]);
  expect(answer.exitCode).toBe(2);
  expect(answer.stderr).toContain("has no dist/hawser");
});
