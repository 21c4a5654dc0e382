import { describe, expect, test } from "bun:test";
import {
  type Executor,
  InProcessExecutor,
  type PluginEntry,
  runForResult,
} from "../../invoke/index.ts";
import { definePlugin, type Plugin } from "../../plugin/index.ts";
import type { EndedCall } from "./ended.ts";
import { Observation, observed } from "./entry.ts";
import { SpanExecutor } from "./executor.ts";
import { CallSpan } from "./span.ts";
import { contextOf, partOf, variablesOf } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const config = JSON.stringify({ cniVersion: "1.1.0", name: "n", type: "outer" });

const inner = definePlugin({
  name: "inner",
  add(ctx) {
    ctx.step({ step: "reservation", text: "one", ms: 1 });
    return { ips: [] };
  },
  del() {},
});
const outer = definePlugin({
  name: "outer",
  async add(ctx) {
    const result = await ctx.delegate.add("inner");
    ctx.step({ step: "addresses", text: "two", ms: 2 });
    return result;
  },
  del() {},
});
const PLUGINS: Readonly<Record<string, Plugin>> = { inner, outer };

/** Runs plugins of this process, and notes the environment of what it would execute. */
function executor(executed: (env: object) => void = () => undefined): Executor {
  return new InProcessExecutor({
    plugins: (type): PluginEntry | undefined => PLUGINS[type]?.entry,
    isOwn: (path) => path.startsWith("/own/"),
    fallback: {
      find: (type) => (PLUGINS[type] === undefined ? `/other/${type}` : `/own/${type}`),
      run: ({ env }) => {
        executed(env);
        return Promise.resolve({
          ...{ stdout: "{}", stderr: "", exitCode: 0, signal: null },
          ms: 1,
        });
      },
    },
  });
}

const ENV = {
  ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c1", CNI_NETNS: "/run/netns/x", CNI_IFNAME: "eth0" },
  CNI_PATH: "/own",
} as const;

describe("rule R126: the trace of the caller", () => {
  test("a call is a part of it, with its state", () => {
    const env = { TRACEPARENT: `00-${TRACE}-${PARENT}-01`, TRACESTATE: "a=b" };
    const context = contextOf(env, false);
    expect(context).toMatchObject({ traceId: TRACE, parentId: PARENT, flags: 1, state: "a=b" });
    const part = partOf(context);
    expect(part).toMatchObject({ traceId: TRACE, parentId: context.spanId, flags: 1 });
    expect(variablesOf(part)).toEqual({
      TRACEPARENT: `00-${TRACE}-${part.spanId}-01`,
      TRACESTATE: "a=b",
    });
  });

  test.each([
    ["nothing", undefined],
    ["nonsense", "nonsense"],
    ["a trace of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a span of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["the version that is none", `ff-${TRACE}-${PARENT}-01`],
    ["capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ])("without a valid one the call begins its own: %s", (_, parent) => {
    const context = contextOf(parent === undefined ? {} : { TRACEPARENT: parent }, true);
    expect(context.parentId).toBeUndefined();
    expect(context.traceId).toMatch(/^[0-9a-f]{32}$/u);
    expect([context.flags, contextOf({}, false).flags]).toEqual([1, 0]);
  });
});

test("steps belong to the plugin that reports them, and a delegate's call to the one that makes it", async () => {
  const taken: EndedCall[] = [];
  const observer: string[] = [];
  const stepping = observed(
    outer.entry,
    () => ({
      ...{ plugin: "outer", door: "executable", caller: { pid: 1 }, cwd: "/" },
      context: contextOf({}, false),
    }),
    { take: (call) => void taken.push(call) },
  );
  let stdout = "";
  const code = await stepping({
    ...{ env: ENV, stdin: () => config, stderr: () => undefined, executor: executor() },
    stdout: (text) => {
      stdout += text;
    },
    onStep: ({ plugin, step }) => void observer.push(`${plugin} ${step}`),
  });
  expect(code).toBe(0);
  const [call] = taken;
  const span = call?.span;
  expect(span?.steps.map(({ step }) => step)).toEqual(["addresses"]);
  expect(span?.calls.map(({ callee }) => callee)).toEqual([
    { operation: "ADD", plugin: "inner", path: "/own/inner" },
  ]);
  expect(span?.calls[0]?.steps.map(({ step }) => step)).toEqual(["reservation"]);
  expect(span?.calls[0]?.context.parentId).toBe(span?.context.spanId);
  expect(observer).toEqual(["inner reservation", "outer addresses"]);
  expect(span?.outcome?.stdout()).toBe(stdout);
  expect(JSON.parse(span?.calls[0]?.outcome?.stdout() ?? "")).toMatchObject({
    cniVersion: "1.1.0",
  });
});

test("a runtime's calls are spans, and what is executed is sent its own in the environment", async () => {
  const executed: Record<string, string>[] = [];
  const spans: CallSpan[] = [];
  const whole = contextOf({}, true);
  const runtime = new SpanExecutor(
    executor((env) => executed.push(env as Record<string, string>)),
    {
      of: ({ operation, type }) => new CallSpan({ operation, plugin: type }, partOf(whole)),
      ended: (span) => void spans.push(span),
    },
  );
  const call = { operation: "ADD", stdin: config, env: ENV } as const;
  await runForResult(runtime, { ...call, type: "outer", path: "/own/outer" }, "1.1.0");
  await runForResult(runtime, { ...call, type: "go", path: "/other/go" }, "1.1.0");
  expect(spans.map(({ callee, calls }) => [callee.plugin, calls.length])).toEqual([
    ["outer", 1],
    ["go", 0],
  ]);
  expect(executed[0]?.["TRACEPARENT"]).toBe(`00-${whole.traceId}-${spans[1]?.context.spanId}-01`);
});

test("a plugin that throws, or cannot be run, ends its span with the reason", async () => {
  const whole = contextOf({}, false);
  const spans: CallSpan[] = [];
  const failing = new SpanExecutor(
    { find: () => "/x", run: () => Promise.reject(new Error("no such program")) },
    {
      of: ({ operation, type }) => new CallSpan({ operation, plugin: type }, partOf(whole)),
      ended: (span) => void spans.push(span),
    },
  );
  const call = { operation: "DEL", type: "x", path: "/x", stdin: "{}", env: ENV } as const;
  expect(await failing.run(call).catch((error: unknown) => String(error))).toContain(
    "no such program",
  );
  expect(spans[0]?.outcome).toMatchObject({ exitCode: null, failure: "no such program" });
});

test("what a plugin prints without end is kept to a bound", async () => {
  const observation = new Observation(
    {
      ...{ plugin: "p", door: "daemon", caller: { pid: 1 }, cwd: "/" },
      context: contextOf({}, false),
    },
    ENV,
  );
  const io = observation.io({
    ...{ env: ENV, stdin: () => "", stdout: () => undefined, stderr: () => undefined },
  });
  for (let at = 0; at < 1000; at++) {
    io.stdout("x".repeat(10_000));
    io.stderr("y".repeat(10_000));
  }
  observation.end(0);
  const { outcome } = observation.span;
  expect(outcome?.stdout().length).toBeLessThan(1_100_000);
  expect(outcome?.stderr.length).toBeLessThan(20_000);
});
