import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { CniError } from "../spec/index.ts";
import { bugStack } from "./bug.ts";
import { definePlugin } from "./definition.ts";
import { tryPlugin } from "./try.ts";

const config = { cniVersion: "1.1.0", name: "net", type: "buggy" };

function breaks(): never {
  const cause = new RangeError("deep down");
  throw new TypeError("cannot read \u001b[31mred", { cause });
}

test("case L6: a bug is answered with its place, and its stack with causes is on stderr", async () => {
  const plugin = definePlugin({ name: "buggy", add: breaks, del: breaks });
  for (const operation of ["ADD", "DEL"] as const) {
    const { exitCode, json, stderr } = await tryPlugin(plugin, { operation, config });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 999, msg: "cannot read \\u001b[31mred" });
    expect(JSON.stringify(json)).toMatch(
      /a bug of the plugin buggy, at breaks \(.*bug\.test\.ts:\d+/u,
    );
    const lines = stderr.split("\n");
    expect(lines[0]).toBe("TypeError: cannot read \\u001b[31mred");
    expect(lines[1]).toMatch(/^ {4}at breaks \(.*bug\.test\.ts:\d+:\d+\)$/u);
    expect(lines).toContain("caused by RangeError: deep down");
  }
});

test("case L6, kind: the place of a bug is in code of the plugin, not in the engine's", async () => {
  const plugin = definePlugin({
    name: "buggy",
    add: () => void execFileSync("false"),
    del: () => void [1].map(() => breaks()),
  });
  for (const [operation, frame] of [
    ["ADD", "add"],
    ["DEL", "breaks"],
  ] as const) {
    const { stdout } = await tryPlugin(plugin, { operation, config });
    expect(stdout).toMatch(new RegExp(`, at ${frame} \\(.*bug\\.test\\.ts:`, "u"));
  }
});

test("case L6, kind: a directory called native is the plugin's, not the engine's", async () => {
  const frames = ["native:1:11", "map (native)", "node:fs:5:1", "add (/srv/native/plugin.mjs:3:9)"];
  const stack = ["Error: oops", ...frames].join("\n    at ");
  const add = (): never => {
    throw Object.assign(new Error("oops"), { stack });
  };
  const plugin = definePlugin({ name: "buggy", add, del: add });
  const { stdout } = await tryPlugin(plugin, { operation: "ADD", config });
  expect(stdout).toContain("plugin buggy, at add (/srv/native/plugin.mjs:3:9); ");
});

test("case L6, kind: the process that runs a plugin hears of it, and several bugs are all shown", async () => {
  const failed: unknown[] = [];
  const bugs = new AggregateError([new TypeError("one"), new CniError(50, "two"), "three"]);
  const plugin = definePlugin({ name: "buggy", add: () => Promise.reject(bugs), del() {} });
  let stderr = "";
  await plugin.entry({
    env: {
      ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c", CNI_IFNAME: "eth0" },
      ...{ CNI_NETNS: "/nonexistent/netns", CNI_PATH: "/nonexistent/bin" },
    },
    stdin: () => JSON.stringify(config),
    stdout: () => undefined,
    stderr: (text) => {
      stderr += text;
    },
    daemonServices: { failed: (error) => void failed.push(error) },
  });
  expect(failed).toEqual([bugs]);
  expect(stderr).toContain("TypeError: one\n    at ");
  expect(stderr).toContain("three (thrown, and no Error: without a stack)");
  expect(stderr).not.toContain("two");
});

test("what is meant has no stack", () => {
  const system = Object.assign(new Error("no such file"), { code: "ENOENT" });
  const wrapped = new Error("outer", { cause: new CniError(11, "busy") });
  const fetched = new TypeError("fetch failed", {
    cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
  });
  const gone = AbortSignal.abort(new Error("interrupted"));
  for (const thrown of [
    new CniError(999, "meant"),
    system,
    wrapped,
    fetched,
    new AggregateError([system]),
  ]) {
    expect(bugStack(thrown)).toBeUndefined();
  }
  expect(bugStack(gone.reason, gone)).toBeUndefined();
  expect(bugStack(new TypeError("oops"), gone)).toContain("TypeError: oops");
});

test("a stack is bounded, however deep the causes and long the text", () => {
  let error = new Error("x".repeat(5000));
  for (let depth = 0; depth < 100; depth++) error = new Error("y".repeat(3000), { cause: error });
  const loop = new Error("loop");
  loop.cause = loop;
  expect(bugStack(error)?.length).toBeLessThan(10_000);
  expect(bugStack(loop)?.length).toBeLessThan(20_000);
});

test("what has no stack, or none that is text, is a bug as well", () => {
  expect(bugStack(undefined)).toBe("undefined (thrown, and no Error: without a stack)");
  for (const stack of [5, null, undefined, {}]) {
    const error = Object.defineProperty(new TypeError("odd"), "stack", { value: stack });
    expect(bugStack(error)).toBe("TypeError: odd");
  }
});
