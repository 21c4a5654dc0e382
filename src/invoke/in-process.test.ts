import { describe, expect, test } from "bun:test";
import { rejection } from "../../tests/support/rejection.ts";
import { definePlugin } from "../plugin/index.ts";
import { parseResult } from "../spec/index.ts";
import { runForResult } from "./answer.ts";
import type { Executor, PluginCall } from "./executor.ts";
import { PluginFailure } from "./failure.ts";
import { InProcessExecutor, type PluginEntry } from "./in-process.ts";

const call: PluginCall = {
  operation: "ADD",
  type: "probe",
  path: "/own/probe",
  stdin: '{"a":1}',
  env: { CNI_COMMAND: "ADD" },
};

const fallback: Executor = {
  find: (type, paths) => `${paths[0]}/${type}`,
  run: () => Promise.resolve({ stdout: "fallback", stderr: "", exitCode: 0, signal: null, ms: 1 }),
};

function executor(entry: PluginEntry): InProcessExecutor {
  return new InProcessExecutor({
    plugins: (type) => (type === "probe" ? entry : undefined),
    isOwn: (path) => path.startsWith("/own/"),
    fallback,
    graceMs: 50,
  });
}

const waiting: PluginEntry = async ({ signal }) => {
  await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  return 1;
};
const deaf: PluginEntry = () => new Promise(() => {});

function failureOf(promise: Promise<unknown>): Promise<PluginFailure> {
  return rejection(promise, PluginFailure);
}

describe("InProcessExecutor", () => {
  test("our own plugin is called, with what its process would get", async () => {
    const logged: string[] = [];
    const entry: PluginEntry = async (io) => {
      io.stdout(`${String(await io.stdin())} ${io.env["CNI_COMMAND"]}`);
      io.stderr("log");
      return 3;
    };
    const answer = await executor(entry).run({ ...call, onStderr: (text) => logged.push(text) });
    expect(answer).toMatchObject({
      stdout: '{"a":1} ADD',
      stderr: "log",
      exitCode: 3,
      signal: null,
    });
    expect(logged).toEqual(["log"]);
  });

  test("a result comes as an object, and as the text that a process prints", async () => {
    const { entry } = definePlugin({
      name: "probe",
      add: () => ({ ips: [{ address: "10.0.0.1/24" }], dns: { domain: "example" } }),
      del() {},
    });
    const request: PluginCall = {
      ...call,
      stdin: '{"cniVersion":"0.3.1","name":"net","type":"probe"}',
      env: {
        CNI_COMMAND: "ADD",
        CNI_CONTAINERID: "c",
        CNI_NETNS: "/nonexistent",
        CNI_IFNAME: "eth0",
        CNI_PATH: "/own",
      },
    };
    let printed = "";
    await entry({
      env: request.env,
      stdin: () => request.stdin,
      stdout: (text) => {
        printed += text;
      },
      stderr: () => {},
    });
    const answer = await executor(entry).run(request);
    expect(answer.stdout).toBe(printed);
    expect(answer.result).toEqual(parseResult(answer.stdout, "1.1.0"));
    expect(await runForResult(executor(entry), request, "1.1.0")).toEqual(
      parseResult(answer.stdout, "1.1.0"),
    );
  });

  test("a plugin of our name that is found elsewhere is not ours", async () => {
    const entry: PluginEntry = () => Promise.resolve(9);
    const own = executor(entry);
    expect((await own.run({ ...call, path: "/other/probe" })).stdout).toBe("fallback");
    expect((await own.run({ ...call, type: "unknown" })).stdout).toBe("fallback");
    expect(await own.find("probe", ["/some"])).toBe("/some/probe");
  });

  test("delegates are called by the same executor", async () => {
    let given: Executor | undefined;
    const own = executor((io) => {
      given = io.executor;
      return Promise.resolve(0);
    });
    await own.run(call);
    expect(given).toBe(own);
  });

  test("a time-out reaches the plugin as a signal", async () => {
    let reason: unknown;
    const listening: PluginEntry = async (io) => {
      const code = await waiting(io);
      reason = io.signal?.reason;
      return code;
    };
    const failure = await failureOf(executor(listening).run({ ...call, timeoutMs: 20 }));
    expect(failure.timedOut).toBe(true);
    expect(failure.code).toBe(11);
    expect(failure.cause).toMatchObject({ name: "TimeoutError" });
    expect(reason).toMatchObject({ name: "TimeoutError", message: "ADD took longer than 20 ms" });
  });

  test("an abort reaches the plugin as a signal", async () => {
    const signal = AbortSignal.timeout(20);
    const failure = await failureOf(executor(waiting).run({ ...call, signal }));
    expect(failure.aborted).toBe(true);
    expect([failure.code, failure.cause]).toEqual([11, signal.reason]);
    expect(failure.timedOut).toBe(false);
  });

  test("a plugin that does not listen is given up after the grace", async () => {
    const failure = await failureOf(executor(deaf).run({ ...call, timeoutMs: 20 }));
    expect(failure.timedOut).toBe(true);
    expect(failure.ms).toBeGreaterThanOrEqual(65);
  });

  test("case K12: a time-out binds a plugin that keeps the thread busy", async () => {
    const busy: PluginEntry = (io) => {
      const end = performance.now() + 15;
      while (performance.now() < end);
      io.stdout("{}");
      return Promise.resolve(0);
    };
    const failure = await failureOf(executor(busy).run({ ...call, timeoutMs: 1 }));
    expect([failure.timedOut, failure.code]).toEqual([true, 11]);
    expect((await executor(busy).run({ ...call, timeoutMs: 60_000 })).exitCode).toBe(0);
  });

  test("case K12, kind: what a DEL has taken away is away, however late", async () => {
    const busy: PluginEntry = () => {
      const end = performance.now() + 15;
      while (performance.now() < end);
      return Promise.resolve(0);
    };
    const del = { ...call, operation: "DEL", timeoutMs: 1 } as const;
    expect((await executor(busy).run(del)).exitCode).toBe(0);
  });

  test("case K12, kind: and one that fails too late, whose error is then no matter", async () => {
    const late: PluginEntry = (io) => {
      const end = performance.now() + 15;
      while (performance.now() < end);
      io.stdout('{"code":7,"msg":"bad"}');
      return Promise.resolve(1);
    };
    const failure = await failureOf(executor(late).run({ ...call, timeoutMs: 1 }));
    expect(failure.timedOut).toBe(true);
  });

  test("an aborted call starts nothing", async () => {
    let started = false;
    const own = executor(() => {
      started = true;
      return Promise.resolve(0);
    });
    await failureOf(own.run({ ...call, signal: AbortSignal.abort() }));
    expect(started).toBe(false);
  });

  test("a plugin that throws is a failure of its own, not of the runtime", async () => {
    const own = executor(() => Promise.reject(new Error("boom")));
    const failure = await failureOf(own.run(call));
    expect(failure.message).toContain("boom");
    expect(failure.code).toBe(999);
  });
});
