import { describe, expect, test } from "bun:test";
import {
  InProcessExecutor,
  type PluginEntry,
  type PluginIo,
  ProcessExecutor,
} from "../invoke/index.ts";
import { CniError } from "../spec/index.ts";
import { askPlan, type PlanQuestion } from "./ask-plan.ts";
import { requirePrevResult } from "./context.ts";
import { definePlugin } from "./definition.ts";
import { failureOf, pluginError } from "./errors.ts";
import type { PlanStep } from "./plan.ts";
import type { Plugin } from "./plugin.ts";
import { tryPlugin } from "./try.ts";

const nothing = { add: () => undefined, del: () => undefined };
const config = { cniVersion: "1.1.0", name: "net" };

test("a definition without a name, a version or with a bad version is refused", () => {
  expect(() => definePlugin({ name: "", ...nothing })).toThrow(RangeError);
  for (const name of ["a/b", "..", "a\0"]) {
    expect(() => definePlugin({ name, ...nothing })).toThrow(RangeError);
  }
  expect(() => definePlugin({ name: "x", versions: [], ...nothing })).toThrow(RangeError);
  expect(() => definePlugin({ name: "x", versions: ["v1"], ...nothing })).toThrow(CniError);
});

test("R37 a plugin's own codes start at 100", () => {
  expect(pluginError(100, "mine", "more")).toMatchObject({ code: 100, details: "more" });
  for (const code of [0, 7, 99, -1, 100.5]) {
    expect(() => pluginError(code, "mine")).toThrow(RangeError);
  }
});

test("R65 several errors are told together, with the first code that says something", () => {
  const both = new AggregateError([new Error("one"), new CniError(50, "two")]);
  expect(failureOf(both, "x", { stderr: () => undefined })).toMatchObject({
    code: 50,
    msg: "one; two",
  });
});

test("an untyped error after the caller gave up has code 11 and says who ended it", async () => {
  const abort = new AbortController();
  const plugin = definePlugin({
    name: "slow",
    ...nothing,
    add: () => {
      abort.abort(new Error("interrupted by SIGTERM"));
      throw new Error("left half way");
    },
  });
  const outcome = await tryPlugin(plugin, { operation: "ADD", config, signal: abort.signal });
  expect(outcome.json).toMatchObject({
    code: 11,
    msg: "left half way",
    details: "interrupted by SIGTERM",
  });
  const polite = definePlugin({
    name: "polite",
    ...nothing,
    add: (ctx) => ctx.signal.throwIfAborted(),
  });
  const once = await tryPlugin(polite, { operation: "ADD", config, signal: abort.signal });
  expect(once.json).toEqual({ cniVersion: "1.1.0", code: 11, msg: "interrupted by SIGTERM" });
});

test("a plugin that must be chained says so when it is not", async () => {
  const plugin = definePlugin({
    name: "chained",
    add: (ctx) => requirePrevResult(ctx),
    del: () => undefined,
    check: (ctx) => void requirePrevResult(ctx),
  });
  const add = await tryPlugin(plugin, { operation: "ADD", config });
  expect(add.json).toMatchObject({ code: 7, msg: "must be called as chained plugin" });
  const check = await tryPlugin(plugin, { operation: "CHECK", config });
  expect(check.json).toMatchObject({ code: 7, msg: "required prevResult missing" });
});

test("CNI_ARGS is read only by who asks, strictly on ADD and leniently on DEL", async () => {
  const seen: unknown[] = [];
  const plugin = definePlugin({
    name: "args",
    add: (ctx) => void ctx.args,
    del: (ctx) => void seen.push(ctx.args),
    check: () => undefined,
  });
  const args = "A;B=1";
  const add = await tryPlugin(plugin, { operation: "ADD", config, args });
  expect(add.json).toMatchObject({ code: 4, msg: 'ARGS: invalid pair "A"' });
  expect((await tryPlugin(plugin, { operation: "DEL", config, args })).exitCode).toBe(0);
  expect((await tryPlugin(plugin, { operation: "CHECK", config, args })).exitCode).toBe(0);
  expect(seen).toEqual([[["B", "1"]]]);
});

test("a plan is made of the call as ADD would see it, and is no operation", async () => {
  const plugin = definePlugin({
    name: "planner",
    ...nothing,
    plan: (ctx) => [`${ctx.operation} ${ctx.ifName} in ${ctx.network}`],
  });
  const env = {
    CNI_CONTAINERID: "c",
    CNI_IFNAME: "eth0",
    CNI_NETNS: "/nonexistent/netns",
    CNI_PATH: "/nonexistent/bin",
  };
  const io = { env, stdin: () => JSON.stringify(config), stdout: () => {}, stderr: () => {} };
  expect(await plugin.plan?.(io)).toEqual(["ADD eth0 in net"]);
  expect(plugin.plan?.({ ...io, env: {} })).rejects.toThrow("required env variables");
  expect(definePlugin({ name: "x", ...nothing }).plan).toBeUndefined();
  const outcome = await tryPlugin(plugin, {
    operation: "ADD",
    config,
    env: { CNI_COMMAND: "PLAN" },
  });
  expect(outcome.json).toMatchObject({ code: 4, msg: "unknown CNI_COMMAND: PLAN" });
});

describe("what an operation would do to what stands now", () => {
  const env = {
    CNI_CONTAINERID: "c",
    CNI_IFNAME: "eth0",
    CNI_NETNS: "/nonexistent/netns",
    CNI_PATH: "/nonexistent/bin",
  };
  const ioOf = (operation: string): PluginIo => ({
    env: { ...env, CNI_COMMAND: operation },
    stdin: () => JSON.stringify({ ...config, "cni.dev/valid-attachments": [] }),
    stdout: () => {},
    stderr: () => {},
  });
  const route: PlanStep = { step: "route", text: "to 10.0.0.0/8", standing: "kept", now: "there" };
  const looked: boolean[] = [];
  const comparing = definePlugin({
    name: "comparing",
    ...nothing,
    plan: () => ["link: eth0", route],
    compare(ctx) {
      looked.push(ctx.looksOnly === true);
      const steps: PlanStep[] = [{ ...route, text: ctx.operation }];
      return ctx.operation === "ADD"
        ? { steps, result: { ips: [{ address: "10.1.0.2/16" }] } }
        : { steps };
    },
  });

  test.each(["ADD", "DEL", "GC"])("is told of %s, by a call that only looks", async (operation) => {
    const plan = await comparing.compare?.(ioOf(operation));
    expect(plan?.steps).toEqual([{ ...route, text: operation }]);
    expect(looked.splice(0)).toEqual([true]);
  });

  test("is told of no other operation", () => {
    expect(comparing.compare?.(ioOf("CHECK"))).rejects.toThrow('there is no plan of "CHECK"');
  });

  test("is not told of a removal where an author gave lines alone, in words or as objects", async () => {
    const author = definePlugin({ name: "author", ...nothing, plan: () => ["link: eth0", route] });
    expect((await author.compare?.(ioOf("ADD")))?.steps).toEqual([
      { step: "link", text: "eth0", standing: "unknown" },
      route,
    ]);
    expect(await author.compare?.(ioOf("DEL"))).toBeUndefined();
    expect(await author.plan?.(ioOf("ADD"))).toEqual(["link: eth0", "route: to 10.0.0.0/8"]);
    expect(definePlugin({ name: "x", ...nothing }).compare).toBeUndefined();
  });

  const executor = (plugin: Plugin): InProcessExecutor =>
    new InProcessExecutor({
      plugins: () => plugin.entry,
      isOwn: () => true,
      fallback: new ProcessExecutor(),
    });
  const question = (operation: "ADD" | "DEL"): PlanQuestion => ({
    ...{ operation, type: "comparing", path: "/opt/cni/bin/comparing" },
    ...{ env, stdin: JSON.stringify(config) },
  });

  test("is asked of any plugin in a call of VERSION", async () => {
    const plan = await askPlan(executor(comparing), question("ADD"));
    expect(plan?.steps).toEqual([{ ...route, text: "ADD" }]);
    expect(plan?.result?.ips).toEqual([{ address: "10.1.0.2/16" }]);
    expect((await askPlan(executor(comparing), question("DEL")))?.result).toBeUndefined();
    const silent = definePlugin({ name: "silent", ...nothing });
    expect(await askPlan(executor(silent), question("ADD"))).toBeUndefined();
  });

  test("is asked of none that has not said that it can tell, by parameters that mean nothing", async () => {
    const asked: string[] = [];
    const sloppy: PluginEntry = ({
      env: { CNI_COMMAND, CNI_CONTAINERID, HAWSER_PLAN },
      stdout,
    }) => {
      asked.push(`${CNI_COMMAND} ${CNI_CONTAINERID} ${HAWSER_PLAN}`);
      stdout("gone");
      return Promise.resolve(0);
    };
    const { entry: _, ...rest } = comparing;
    expect(await askPlan(executor({ ...rest, entry: sloppy }), question("DEL"))).toBeUndefined();
    expect(asked).toEqual(["VERSION dummy ask"]);
    const lines = definePlugin({ name: "lines", ...nothing, plan: () => ["link: eth0"] });
    expect((await askPlan(executor(lines), question("ADD")))?.steps).toHaveLength(1);
    expect(await askPlan(executor(lines), question("DEL"))).toBeUndefined();
  });

  test("a refusal of the call is the answer", () => {
    const noId = { ...question("ADD"), env: { ...env, CNI_CONTAINERID: "" } };
    expect(askPlan(executor(comparing), noId)).rejects.toThrow("required env variables");
  });
});

test("an answer that cannot be written is told on stderr and fails the call", async () => {
  const plugin = definePlugin({ name: "x", ...nothing });
  let stderr = "";
  const code = await plugin.entry({
    env: { CNI_COMMAND: "VERSION" },
    stdin: () => "",
    stdout: () => {
      throw new Error("broken pipe");
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  expect(code).toBe(1);
  expect(stderr).toContain("broken pipe");
});

test("a step carries the plugin's name", async () => {
  const steps: unknown[] = [];
  const plugin = definePlugin({
    name: "stepper",
    ...nothing,
    add: (ctx) => ctx.step({ step: "veth pair", text: "made eth0", ms: 1 }),
  });
  await plugin.entry({
    env: {
      ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c", CNI_IFNAME: "eth0" },
      ...{ CNI_NETNS: "/nonexistent/netns", CNI_PATH: "/nonexistent/bin" },
    },
    stdin: () => JSON.stringify(config),
    stdout: () => {},
    stderr: () => {},
    onStep: (report) => void steps.push(report),
  });
  expect(steps).toEqual([{ plugin: "stepper", step: "veth pair", text: "made eth0", ms: 1 }]);
});

test("reading stdin that fails is code 5", async () => {
  const plugin = definePlugin({ name: "x", ...nothing });
  let stdout = "";
  const code = await plugin.entry({
    env: { CNI_COMMAND: "STATUS", CNI_PATH: "/nonexistent/bin" },
    stdin: () => Promise.reject(new Error("gone")),
    stdout: (text) => {
      stdout += text;
    },
    stderr: () => {},
  });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ code: 5, msg: "error reading from stdin: gone" });
});

test("R39 a result that is no object is the plugin's own error", async () => {
  for (const given of [0, 5, "10.0.0.1/24", [{}], false]) {
    const plugin = definePlugin({ name: "careless", add: () => given as never, del() {} });
    const { exitCode, json } = await tryPlugin(plugin, { operation: "ADD", config });
    expect([exitCode, json]).toMatchObject([1, { code: 999 }]);
  }
});

test("R39 a result that no runtime could read is the plugin's own error", async () => {
  const plugin = definePlugin({
    name: "careless",
    add: () => ({ ips: [{ address: "10.0.0.1" }] }),
    del: () => undefined,
  });
  for (const cniVersion of ["0.4.0", "1.1.0"]) {
    const outcome = await tryPlugin(plugin, {
      operation: "ADD",
      config: { ...config, cniVersion },
    });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.json).toMatchObject({ code: 999 });
    expect(outcome.stdout).toContain("the plugin's result is invalid: ");
  }
});
