import { describe, expect, test } from "bun:test";
import { InProcessExecutor } from "../invoke/index.ts";
import type { JsonObject, Result } from "../spec/index.ts";
import type { Context } from "./context.ts";
import { definePlugin } from "./definition.ts";
import type { Plugin } from "./plugin.ts";
import { tryPlugin } from "./try.ts";

const STDIN =
  ' {"cniVersion":"1.1.0","name":"n","type":"outer","one":1.0,"ipam":{"type":"inner"}}\n';

function executor(inner: Plugin): InProcessExecutor {
  return new InProcessExecutor({
    plugins: () => inner.entry,
    isOwn: () => true,
    fallback: {
      find: (type) => `/own/${type}`,
      run: () => Promise.reject(new Error("it is in this process")),
    },
  });
}

/** Runs a plugin that delegates to another of the same process. */
async function delegating(
  add: (ctx: Context) => Partial<Result>,
  use: (result: Result, ctx: Context) => void,
): Promise<void> {
  const inner = definePlugin({ name: "inner", add, del() {} });
  const outer = definePlugin({
    name: "outer",
    add: async (ctx) => use(await ctx.delegate.add("inner"), ctx),
    del() {},
  });
  const trial = { operation: "ADD", config: STDIN, executor: executor(inner) } as const;
  const { exitCode, stdout } = await tryPlugin(outer, trial);
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, { cniVersion: "1.1.0" }]);
}

describe("plugins of one process", () => {
  test("are given the same configuration, as it was received", async () => {
    let given: Context | undefined;
    await delegating(
      (ctx) => {
        given = ctx;
        return {};
      },
      (_, ctx) => expect(given?.config).toBe(ctx.config),
    );
    expect(given?.stdin).toBe(STDIN);
  });

  test("cannot change the configuration of one another", async () => {
    await delegating(
      ({ config }) => {
        expect(() => Object.assign(config, { name: "other" })).toThrow(TypeError);
        expect(() => Object.assign(config["ipam"] as JsonObject, { type: "x" })).toThrow(TypeError);
        return {};
      },
      (_, { config }) => expect(config["ipam"]).toEqual({ type: "inner" }),
    );
  });

  test("cannot change what the other has kept of a result", async () => {
    const kept = {
      ips: [{ address: "10.0.0.2/24" }],
      dns: { nameservers: ["10.0.0.1"] },
      extra: { "example.com/a": { b: 1 } },
    };
    const before = structuredClone(kept);
    await delegating(
      () => kept,
      (result) => {
        Object.assign(result.ips[0] ?? {}, { address: "10.0.0.3/24" });
        result.dns.nameservers?.push("10.0.0.9");
        const extra = result.extra?.["example.com/a"] as JsonObject;
        expect(() => Object.assign(extra, { b: 2 })).toThrow(TypeError);
      },
    );
    expect(kept).toEqual(before);
  });

  test("make arguments and delegate once for each call", async () => {
    await delegating(
      () => ({}),
      (_, ctx) => {
        expect(ctx.args).toBe(ctx.args);
        expect(ctx.delegate).toBe(ctx.delegate);
      },
    );
  });
});
