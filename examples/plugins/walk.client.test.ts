/**
 * Does all that docs/writing-a-plugin.md says, as a user without root, in an empty directory: writes the
 * files, types the commands, and compares what they print with what the page shows.
 */
import { afterAll, describe, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../tests/support/exec.ts";
import { requireOwnNamespaces } from "../../tests/support/namespaces.ts";
import { needs } from "../../tests/support/needs.ts";
import { NpmRegistry } from "../../tests/support/npm-registry.ts";
import { isAsShown, readBlocks, readSession, readWalk, walkScript } from "../../tools/docs.ts";

requireOwnNamespaces();

const test = needs("ip", "jq", "nsenter", "unshare", "kernel:ipv6");

const ROOT = join(import.meta.dir, "../..");
const BLOCKS = readBlocks(readFileSync(join(ROOT, "docs/writing-a-plugin.md"), "utf8"));
const MARK = "---walk---";
const WALK_MS = 400_000;

const home = mkdtempSync(join(tmpdir(), "hawser-walk-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** An ordinary user: the files of this one are the user's, and nothing else is. */
const USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];

describe("docs/writing-a-plugin.md", () => {
  test(
    "every command prints what the page shows",
    async () => {
      await must(["ip", "link", "set", "dev", "lo", "up"]);
      using registry = await NpmRegistry.start(ROOT, home);
      const [programs, desk] = [join(home, "programs"), join(home, "desk")];
      for (const each of [programs, desk]) mkdirSync(each);
      symlinkSync(join(ROOT, "dist/hawser"), join(programs, "hawser"));
      symlinkSync(process.execPath, join(programs, "bun"));
      writeFileSync(join(home, "walk.sh"), walkScript(BLOCKS, MARK));

      const shown = BLOCKS.filter(({ language }) => language === "console").flatMap(readSession);
      const output = await must([...USER, "sh", join(home, "walk.sh")], {
        cwd: desk,
        timeoutMs: WALK_MS,
        env: {
          PATH: `${programs}:${process.env["PATH"] ?? ""}`,
          HOME: desk,
          npm_config_registry: registry.url,
          npm_config_update_notifier: "false",
        },
      });
      const came = readWalk(output, MARK);
      for (const [index, { command, output: expected }] of shown.entries()) {
        const { output: printed, exitCode } = came[index] ?? { output: "the shell has ended\n" };
        const text = `$ ${command}\n${isAsShown(expected, printed) ? expected : printed}`;
        expect(text).toBe(`$ ${command}\n${expected}`);
        // A command that fails is followed by one that shows so.
        if (shown[index + 1]?.command !== "echo $?") {
          expect([command, exitCode]).toEqual([command, 0]);
        }
      }
      expect(came).toHaveLength(shown.length);
    },
    WALK_MS,
  );
});
