import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Recorder } from "../../tests/support/recorder.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { until } from "../../tests/support/until.ts";
import type { PluginCall } from "./executor.ts";
import { PluginFailure } from "./failure.ts";
import { ProcessExecutor } from "./process.ts";

const recorder = new Recorder();
afterAll(() => recorder[Symbol.dispose]());
let scripts = 0;

/** A call of a plugin that is this shell script. */
function call(script: string, more: Partial<PluginCall> = {}): PluginCall {
  const type = `script${scripts++}`;
  const path = recorder.install(type, `#!/bin/sh\n${script}\n`);
  const env = { PATH: "/usr/bin:/bin", DIR: recorder.root };
  return { operation: "ADD", type, path, stdin: "{}", env, ...more };
}

function failureOf(promise: Promise<unknown>): Promise<PluginFailure> {
  return rejection(promise, PluginFailure);
}

/** Not gone, and not a body that waits for its burial either. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("ProcessExecutor", () => {
  const executor = new ProcessExecutor({ graceMs: 300, drainMs: 100, busyMs: 200 });

  test("R25 R26 the request goes in, the answer, the log and the exit code come out", async () => {
    const answer = await executor.run(call("cat; echo log >&2; exit 3", { stdin: '{"a":"ä"}' }));
    expect(answer.stdout).toBe('{"a":"ä"}');
    expect(answer.stderr).toBe("log\n");
    expect(answer.exitCode).toBe(3);
    expect(answer.signal).toBeNull();
    expect(answer.ms).toBeGreaterThan(0);
  });

  test("R24 R127 it gets the environment of the call, no arguments, and the runtime's netns", async () => {
    const script = 'echo "$#"; readlink /proc/self/ns/net; env | sort';
    const env = { PATH: "/usr/bin:/bin", X: "1" };
    const { stdout } = await executor.run(call(script, { env }));
    const [count, netns, ...variables] = stdout.trim().split("\n");
    expect(count).toBe("0");
    const own = await executor.run(call("readlink /proc/$PPID/ns/net"));
    expect(netns).toBe(own.stdout.trim());
    const names = variables.map((line) => line.split("=")[0]);
    expect(
      names.filter((name) => !["PATH", "PWD", "SHLVL", "_", "OLDPWD"].includes(name ?? "")),
    ).toEqual(["X"]);
  });

  test("it runs in a process group of its own", async () => {
    const { stdout } = await executor.run(call("cut -d' ' -f5 /proc/$$/stat; echo $$"));
    const [group, pid] = stdout.trim().split("\n");
    expect(group).toBe(pid);
  });

  test("a plugin that never reads a large request is no error", async () => {
    const answer = await executor.run(call("echo done", { stdin: "x".repeat(5_000_000) }));
    expect(answer.stdout).toBe("done\n");
    expect(answer.exitCode).toBe(0);
  });

  test("a large request arrives whole", async () => {
    const { stdout } = await executor.run(call("wc -c", { stdin: "x".repeat(3_000_000) }));
    expect(stdout.trim()).toBe("3000000");
  });

  test("stderr comes while the plugin runs, characters whole, and its end is kept", async () => {
    const texts: string[] = [];
    const script =
      "printf 'a\\303'; sleep 0.05; printf '\\244b' >&1; echo one >&2; sleep 0.3; echo two >&2";
    const running = executor.run(call(script, { onStderr: (text) => texts.push(text) }));
    await until("it has said something", () => texts.length > 0);
    expect(texts).toEqual(["one\n"]);
    const answer = await running;
    expect(answer.stdout).toBe("aäb");
    expect(texts.join("")).toBe("one\ntwo\n");
    const long = new ProcessExecutor({ stderrTailLength: 5 });
    expect((await long.run(call("printf 0123456789 >&2"))).stderr).toBe("56789");
  });

  test("a hanging plugin is ended with all it started when its time is over", async () => {
    const script = 'sleep 60 & echo $! > "$DIR/child"; echo working >&2; wait';
    const started = performance.now();
    const failure = await failureOf(executor.run(call(script, { timeoutMs: 200 })));
    expect(performance.now() - started).toBeLessThan(2500);
    expect(failure.timedOut).toBe(true);
    expect(failure.aborted).toBe(false);
    expect(failure.code).toBe(11);
    expect(failure.cause).toMatchObject({ name: "TimeoutError" });
    expect(failure.message).toContain("within 200 ms");
    expect(failure.stderrTail).toBe("working");
    expect(failure.ms).toBeGreaterThanOrEqual(200);
    const child = Number(readFileSync(join(recorder.root, "child"), "utf8"));
    await until("the grandchild is gone", () => !isAlive(child));
  });

  test("a plugin that ignores SIGTERM gets SIGKILL after the grace", async () => {
    const script = "trap '' TERM; while :; do sleep 0.05; done";
    const failure = await failureOf(executor.run(call(script, { timeoutMs: 100 })));
    expect(failure.timedOut).toBe(true);
    expect(failure.signal).toBe("SIGKILL");
    expect(failure.ms).toBeGreaterThanOrEqual(400);
  });

  test("a plugin may tidy up on SIGTERM", async () => {
    const file = join(recorder.root, "tidied");
    const script = `trap 'echo yes > "${file}"; exit 1' TERM; while :; do sleep 0.02; done`;
    await failureOf(executor.run(call(script, { timeoutMs: 100 })));
    expect(existsSync(file)).toBe(true);
  });

  test("an abort ends the plugin", async () => {
    const controller = new AbortController();
    const running = failureOf(executor.run(call("sleep 60", { signal: controller.signal })));
    setTimeout(() => controller.abort("the user has left"), 50);
    const failure = await running;
    expect(failure.aborted).toBe(true);
    expect([failure.code, failure.cause]).toEqual([11, "the user has left"]);
    expect(failure.timedOut).toBe(false);
    expect(failure.signal).toBe("SIGTERM");
  });

  test("an aborted call starts nothing", async () => {
    const file = join(recorder.root, "started");
    const signal = AbortSignal.abort();
    const failure = await failureOf(executor.run(call(`touch "${file}"`, { signal })));
    expect(failure.aborted).toBe(true);
    expect([failure.code, failure.cause]).toEqual([11, signal.reason]);
    expect(existsSync(file)).toBe(false);
  });

  test("D17 a grandchild that holds the pipes is not waited for, and may stay", async () => {
    const script = 'sleep 30 & echo $! > "$DIR/left"; echo "{}"';
    const answer = await executor.run(call(script));
    expect(answer.stdout).toBe("{}\n");
    expect(answer.exitCode).toBe(0);
    expect(answer.ms).toBeLessThan(2000);
    const left = Number(readFileSync(join(recorder.root, "left"), "utf8"));
    expect(isAlive(left)).toBe(true);
    process.kill(left);
  });

  test("more than the limit on stdout ends the plugin", async () => {
    const small = new ProcessExecutor({ maxStdoutBytes: 1_000_000 });
    const failure = await failureOf(small.run(call("exec cat /dev/zero")));
    expect(failure.message).toContain("printed more than 1000000 bytes");
    expect(failure.stdoutHead.length).toBeLessThan(5000);
  });

  test("100 MB are too much by default", async () => {
    const failure = await failureOf(executor.run(call("exec head -c 100000000 /dev/zero")));
    expect(failure.message).toContain("printed more than 16777216 bytes");
  });

  test("ten megabytes arrive whole", async () => {
    const answer = await executor.run(call("exec head -c 10000000 /dev/zero"));
    expect(answer.stdout.length).toBe(10_000_000);
  });

  test("a death by a signal is told", async () => {
    const answer = await executor.run(call("kill -SEGV $$"));
    expect(answer.exitCode).toBeNull();
    expect(answer.signal).toBe("SIGSEGV");
  });

  test("a file that is not executable is told", async () => {
    const path = join(recorder.bin, "plain");
    writeFileSync(path, "#!/bin/sh\n", { mode: 0o644 });
    const failure = await failureOf(executor.run({ ...call(""), path }));
    expect(failure.message).toContain(path);
    expect(failure.message).toContain("permission denied");
    expect(failure.code).toBe(5);
    expect(failure.exitCode).toBeNull();
  });

  test("a missing interpreter and a missing file are told", async () => {
    const path = recorder.install("lost", "#!/no/such/interpreter\n");
    expect((await failureOf(executor.run({ ...call(""), path }))).message).toContain("interpreter");
    const gone = join(recorder.bin, "gone");
    expect((await failureOf(executor.run({ ...call(""), path: gone }))).message).toContain(gone);
  });

  test("D15 a busy file is tried again until its writer is done", async () => {
    const path = recorder.copy("busy", "/bin/cat");
    const fd = openSync(path, "r+");
    setTimeout(() => closeSync(fd), 60);
    const answer = await executor.run({ ...call(""), path, stdin: "read me" });
    expect(answer.stdout).toBe("read me");
  });

  test("D15 a file that stays busy is an error, and an abort is heard meanwhile", async () => {
    const path = recorder.copy("always-busy", "/bin/cat");
    const fd = openSync(path, "r+");
    try {
      const failure = await failureOf(executor.run({ ...call(""), path, operation: "DEL" }));
      expect(failure.message).toContain("text file busy");
      expect(failure.code).toBe(11);
      const patient = new ProcessExecutor({ busyMs: 60_000 });
      const signal = AbortSignal.timeout(50);
      expect((await failureOf(patient.run({ ...call(""), path, signal }))).aborted).toBe(true);
      const late = await failureOf(patient.run({ ...call(""), path, timeoutMs: 50 }));
      expect(late.timedOut).toBe(true);
    } finally {
      closeSync(fd);
    }
  });

  test("a relative path starts at the current directory, not in PATH", async () => {
    const failure = await failureOf(executor.run({ ...call(""), path: "true" }));
    expect(failure.message).toContain("could not be started");
  });
});
