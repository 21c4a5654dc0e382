import { describe, expect, test } from "bun:test";
import { ROOT } from "./test/files.ts";
import { type RunResult, run } from "./test/process.ts";

/** The commands that docs/hacking.md shows, run as it shows them. */

const TIMEOUT_MS = 120_000;

async function command(...argv: string[]): Promise<RunResult> {
  return await run(argv, { cwd: ROOT, timeoutSeconds: TIMEOUT_MS / 1000 });
}

const lastLine = (output: string): string | undefined => output.trimEnd().split("\n").at(-1);

describe("npm test with a part of a path", () => {
  test(
    "runs those tests and no others",
    async () => {
      const { exitCode, output } = await command("npm", "test", "--", "tools/test/outcome");
      expect(lastLine(output)).toMatch(/^[1-9]\d* passed, 0 failed, 0 skipped$/);
      expect(output).not.toContain("dead code");
      expect(output).not.toContain("netns");
      expect(exitCode).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    "fails when nothing matches",
    async () => {
      const { exitCode, output } = await command("npm", "test", "--", "no-such-test-anywhere");
      expect(output).toContain("Nothing ran");
      expect(lastLine(output)).toBe("0 passed, 0 failed, 0 skipped");
      expect(exitCode).toBe(1);
    },
    TIMEOUT_MS,
  );
});

test(
  "npm run test:lab fails when nothing matches, and boots nothing for it",
  async () => {
    const lab = ["npm", "run", "test:lab", "--", "no-such-test-anywhere"];
    const { exitCode, output } = await command(...lab);
    expect(lastLine(output)).toBe("0 passed, 0 failed, 0 skipped");
    expect(exitCode).toBe(1);
  },
  TIMEOUT_MS,
);

test(
  "npm run test:lab knows a suite of Debian by its name alone",
  async () => {
    const lab = ["npm", "run", "test:lab", "--", "tests/support/lab", "--suite", "../etc"];
    const { exitCode, output } = await command(...lab);
    expect(output).toContain('"../etc" names no suite of Debian\n');
    expect(exitCode).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "npm run fuzz feeds a target for a while, and knows the names of all",
  async () => {
    const fuzz = ["npm", "run", "--silent", "fuzz", "--"];
    const fed = await command(...fuzz, "--seconds", "1", "--only", "arguments", "--seed", "3");
    expect(fed.output).toBe("ok   arguments\n1 targets, 0 failed; seed 3\n");
    expect(fed.exitCode).toBe(0);
    const { exitCode, output } = await command(...fuzz, "--only", "argument");
    expect(output).toContain("no such target: argument; there are entry, ");
    expect(exitCode).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "npm run workflow names the jobs of hosted CI",
  async () => {
    const { exitCode, output } = await command("npm", "run", "--silent", "workflow");
    expect(output).toContain("ci check node=20 node=22 node=26\n");
    expect(exitCode).toBe(0);
    const other = await command("npm", "run", "--silent", "workflow", "--", "ci", "no-such-job");
    expect(other.exitCode).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "npm run build says whether there was something to do",
  async () => {
    const { exitCode, output } = await command("npm", "run", "build");
    expect(output).toMatch(/dist is (?:built|up to date)/);
    expect(exitCode).toBe(0);
  },
  TIMEOUT_MS,
);

test(
  "npm run format formats",
  async () => {
    const format = "npm run --silent format -- --stdin-file-path=tools/x.ts";
    const { exitCode, output } = await command(
      "sh",
      "-c",
      `echo "export   const x='y'" | ${format}`,
    );
    expect(output).toContain('export const x = "y";\n');
    expect(exitCode).toBe(0);
  },
  TIMEOUT_MS,
);
