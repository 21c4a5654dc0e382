import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../tests/support/exec.ts";

const root = join(import.meta.dir, "../..");
const guide = readFileSync(join(root, "docs/plugin-guide.md"), "utf8");
const dir = mkdtempSync(join(tmpdir(), "hawser-guide-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const PIECES = [...guide.matchAll(/^(?:<!-- (\S+) -->\n)?```(\w+)\n(.*?)\n```$/gmsu)].map(
  ([, file, language, code]) => ({ file, language, code: code ?? "" }),
);

/** With the Bun that the project installs in front, and whatever Node there is behind. */
const path = [join(root, "node_modules/.bin"), process.env["PATH"] ?? ""].join(":");

describe("the guide", () => {
  test("has its code from files that are run by tests", () => {
    expect(PIECES.length).toBeGreaterThan(5);
    for (const { file, code } of PIECES) {
      expect(file).toBeDefined();
      expect(readFileSync(join(root, file ?? ""), "utf8")).toContain(`${code}\n`);
    }
  });

  test("builds the first plugin for Bun and for Node, and both answer by hand", async () => {
    const source = join(import.meta.dir, "first.ts");
    const env = { PATH: path, HOME: process.env["HOME"] ?? "/" };
    const built = await run(["sh", join(import.meta.dir, "build.sh"), source, dir], { env });
    expect(built).toMatchObject({ exitCode: 0 });
    for (const program of ["first", "first-on-node"]) {
      const byHand = ["sh", join(import.meta.dir, "by-hand.sh"), join(dir, program)];
      const answer = await run(byHand, { env });
      const [version = "", ...result] = answer.stdout.split("\n");
      expect(JSON.parse(version)).toMatchObject({ cniVersion: "1.1.0" });
      expect(JSON.parse(result.join("\n"))).toEqual({
        cniVersion: "1.1.0",
        dns: { nameservers: ["10.1.0.1"] },
        ips: [{ address: "10.1.0.5/16" }],
      });
    }
  }, 60_000);
});
