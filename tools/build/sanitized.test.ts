import { afterAll, beforeAll, describe, expect } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import { needs } from "../../tests/support/needs.ts";
import { ROOT } from "../test/files.ts";
import { buildFuzzer, buildSanitizedEntry, SANITIZER_ENV } from "./sanitized.ts";

/** The entry program under AddressSanitizer and UBSan, by itself and with calls that are made up. */

const test = needs("cc");
const NATIVE = join(ROOT, "native");
const TIMEOUT_MS = 60_000;
/** The fuzzer ends at whichever comes first; a machine has to be very slow for the last. */
const [RUNS, RUNS_TO_FIND, MILLISECONDS] = [2000, 20_000, 40_000];
const SEED = 1;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "hawser-sanitized-"));
});
afterAll(() => rmSync(home, { recursive: true }));

function scratch(name: string): string {
  return mkdtempSync(join(home, `${name}-`));
}

async function compile(argv: readonly string[]): Promise<void> {
  await must(argv, { timeoutMs: TIMEOUT_MS });
}

async function fuzz(program: string, runs: number): Promise<RunAnswer> {
  const argv = [program, String(SEED), String(runs), String(MILLISECONDS)];
  return await run(argv, { env: SANITIZER_ENV, timeoutMs: TIMEOUT_MS });
}

describe("the entry program with a C library", () => {
  let program: string;
  beforeAll(async () => {
    if (Bun.which("cc") === null) return;
    const build = { native: NATIVE, scratch: scratch("entry"), must: compile };
    program = await buildSanitizedEntry(build, "bridge");
  }, TIMEOUT_MS);

  async function call(env: Record<string, string>, stdin = ""): Promise<RunAnswer> {
    return await run([program], { env: { ...SANITIZER_ENV, ...env }, stdin });
  }

  test("says which versions it speaks", async () => {
    const stdin = '{ "cniVersion" : "1.0.0" }';
    const { stdout, ...others } = await call({ CNI_COMMAND: "VERSION" }, stdin);
    expect(others).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ cniVersion: "1.0.0" });
  });

  test("says what it is when it is called by hand", async () => {
    const { stderr, ...others } = await call({});
    expect(others).toMatchObject({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("CNI protocol versions supported: ");
  });

  test("hands stdin on to the full executable where no daemon is", async () => {
    const env = { CNI_COMMAND: "DEL", HAWSER_SOCKET: "/nowhere", HAWSER_EXECUTABLE: "/bin/cat" };
    const stdin = "a network configuration ".repeat(10_000);
    expect(await call(env, stdin)).toMatchObject({ exitCode: 0, stdout: stdin, stderr: "" });
  });
});

test(
  "thousands of made-up calls reach every end, and break neither memory nor a promise",
  async () => {
    const program = await buildFuzzer({ native: NATIVE, scratch: scratch("fuzz"), must: compile });
    const { stdout, ...others } = await fuzz(program, RUNS);
    expect(others).toMatchObject({ exitCode: 0, stderr: "" });
    const { runs, places, kept, ...ends } = JSON.parse(stdout) as Record<string, number>;
    expect(runs).toBe(RUNS);
    expect(places).toBeGreaterThan(400);
    expect(kept).toBeGreaterThan(20);
    expect(Object.entries(ends).filter(([, count]) => count === 0)).toEqual([]);
    expect(Object.keys(ends)).toHaveLength(7);
  },
  TIMEOUT_MS,
);

/** Lines of entry.c without what guards them, and what the fuzzer then has to say. */
const PLANTED: readonly (readonly [name: string, line: string, spoilt: string, says: RegExp])[] = [
  [
    "an answer that is shorter than its exit code",
    "if (header.kind == ANSWER && header.length >= 4) {",
    "if (header.kind == ANSWER) {",
    /AddressSanitizer/u,
  ],
  [
    "a path of a socket that is too long",
    "if (length_of(path) >= sizeof address.sun_path) return;",
    "",
    /AddressSanitizer/u,
  ],
  [
    "a call that is done although the daemon may do it",
    "if (!is_late) give_up();",
    "if (!is_late) run_full();",
    /run \d+: a call is done here that the daemon may do, too/u,
  ],
];

describe("the fuzzer finds", () => {
  for (const [name, line, spoilt, says] of PLANTED) {
    test(
      name,
      async () => {
        const native = scratch("planted");
        cpSync(NATIVE, native, { recursive: true });
        const path = join(native, "entry.c");
        const source = readFileSync(path, "utf8");
        expect(source.split(line)).toHaveLength(2);
        writeFileSync(path, source.replace(line, spoilt));
        const { exitCode, stderr } = await fuzz(
          await buildFuzzer({ native, scratch: scratch("fuzz"), must: compile }),
          RUNS_TO_FIND,
        );
        expect(exitCode).not.toBe(0);
        expect(stderr).toMatch(says);
      },
      TIMEOUT_MS,
    );
  }
});
