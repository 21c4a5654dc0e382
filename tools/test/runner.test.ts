import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startable } from "../../tests/support/programs.ts";
import { until } from "../../tests/support/until.ts";
import { unreported } from "./bun-tests.ts";
import { kindOf, testFiles } from "./files.ts";
import { inParallel, inScratch, run } from "./process.ts";
import { inTemporary, leftBehind } from "./temporary.ts";

describe("kinds", () => {
  test.each([
    ["src/spec/x.test.ts", "unit"],
    ["src/state/x.netns.test.ts", "netns"],
    ["tests/x.node.test.ts", "node"],
    ["tests/podman.client.test.ts", "client"],
    ["src/kernel/netns/netns.test.ts", "unit"],
  ] as const)("%s is a %s test", (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });
});

test("files are found by a part of their path, and all without one", async () => {
  await inScratch(async (root) => {
    for (const path of ["src/spec/a.test.ts", "tests/b.netns.test.ts", "tools/c.ts"]) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), "");
    }
    for (const folder of ["bench", "examples", "site"]) mkdirSync(join(root, folder));
    const a = { path: "src/spec/a.test.ts", kind: "unit" } as const;
    const b = { path: "tests/b.netns.test.ts", kind: "netns" } as const;
    expect(await testFiles([], root)).toEqual([a, b]);
    expect(await testFiles(["spec"], root)).toEqual([a]);
    expect(await testFiles(["./tests/b.netns.test.ts"], root)).toEqual([b]);
    expect(await testFiles(["nothing"], root)).toEqual([]);
  });
});

describe("what the report does not say", () => {
  const files = [
    { path: "a.test.ts", kind: "unit" },
    { path: "b.test.ts", kind: "unit" },
  ] as const;
  const passed = { file: "a.test.ts", name: "x", status: "passed" } as const;
  const bad = { exitCode: 1, timedOut: false };

  test("a file that did not load is a failure", () => {
    const name = "reported nothing (exit code 1)";
    const silent = { file: "b.test.ts", name, status: "failed" } as const;
    expect(unreported(files, [passed], bad, 9)).toEqual([silent]);
  });

  test("so is an error outside of any test", () => {
    const reported = [passed, { ...passed, file: "b.test.ts" }];
    expect(unreported(files, reported, bad, 9)).toHaveLength(1);
  });

  test("so is a run that took too long", () => {
    const ended = { exitCode: undefined, timedOut: true };
    expect(unreported(files, [], ended, 9)[0]?.name).toContain("ended after 9 s");
  });

  test("nothing is added to failures that are reported, or to success", () => {
    const failed = [
      { ...passed, status: "failed" as const },
      { ...passed, file: "b.test.ts" },
    ];
    expect(unreported(files, failed, bad, 9)).toEqual([]);
    expect(unreported(files, [passed], { exitCode: 0, timedOut: false }, 9)).toEqual([]);
  });
});

describe("running a program", () => {
  const options = { cwd: "/", timeoutSeconds: 10 };

  test("output and exit code", async () => {
    const result = await run(["sh", "-c", "echo out; echo err >&2; exit 3"], options);
    expect(result).toMatchObject({ exitCode: 3, timedOut: false, output: "out\nerr\n" });
  });

  test("a program that is not there is a result too", async () => {
    const result = await run(["/nowhere/at-all"], options);
    expect(result.exitCode).toBeUndefined();
    expect(result.output).toContain("ENOENT");
  });

  test("a grandchild neither holds up the run nor outlives it", async () => {
    const result = await run(["sh", "-c", "sleep 60 & echo $!"], options);
    expect(result.seconds).toBeLessThan(5);
    await until("the grandchild has ended", () => !isRunning(Number(result.output)), 5000);
  });

  test("a program that hangs is ended", async () => {
    const result = await run(["sleep", "60"], { ...options, timeoutSeconds: 0.1 });
    expect(result).toMatchObject({ exitCode: undefined, timedOut: true });
  });

  test("jobs run so many at once, and answer in order", async () => {
    let running = 0;
    let most = 0;
    const answers = await inParallel([30, 10, 20, 1], 2, async (milliseconds) => {
      running += 1;
      most = Math.max(most, running);
      await Bun.sleep(milliseconds);
      running -= 1;
      return milliseconds;
    });
    expect(answers).toEqual([30, 10, 20, 1]);
    expect(most).toBe(2);
  });
});

test("what tests leave in their directory is a failure with its names, and goes", async () => {
  const gone = await inTemporary(async (path) => {
    expect(leftBehind("a.netns.test.ts", path)).toEqual([]);
    mkdirSync(join(path, "lab-2"));
    writeFileSync(join(path, "lab-1"), "");
    const name = "leaves temporary files: lab-1, lab-2";
    expect(leftBehind("a.netns.test.ts", path)).toEqual([
      { file: "a.netns.test.ts", name, status: "failed" },
    ]);
    return path;
  });
  expect(existsSync(gone)).toBe(false);
});

/** A dead process that its parent has not waited for yet does not run either. */
function isRunning(pid: number): boolean {
  const status = Bun.spawnSync(startable(["ps", "-o", "stat=", "-p", String(pid)]))
    .stdout.toString()
    .trim();
  return status !== "" && !status.startsWith("Z");
}
