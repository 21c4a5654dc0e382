import { describe, expect, test } from "bun:test";
import { definePlugin, REPAIR_VARIABLE, type RepairOptions, tryPlugin } from "./index.ts";

const config = { cniVersion: "1.1.0", name: "n", type: "mending", prevResult: {} };

function mending() {
  const asked: (RepairOptions | "check")[] = [];
  const seen: string[] = [];
  const plugin = definePlugin({
    name: "mending",
    add: () => ({}),
    del: () => {},
    check: () => void asked.push("check"),
    async repair({ env }, options) {
      asked.push(options);
      if (REPAIR_VARIABLE in env) seen.push("the variable");
      return [{ piece: "route", state: "restored", missed: "it is missing" }];
    },
  });
  return { plugin, asked, seen };
}

describe("a CHECK with the variable", () => {
  test("is a repair, whose report is printed; the plugin does not hand the variable on", async () => {
    const { plugin, asked, seen } = mending();
    const env = { [REPAIR_VARIABLE]: "1" };
    const { exitCode, json } = await tryPlugin(plugin, { operation: "CHECK", config, env });
    expect([exitCode, asked, seen]).toEqual([0, [{ dryRun: false }], []]);
    expect(json).toEqual({
      cniVersion: "1.1.0",
      repair: [{ piece: "route", state: "restored", missed: "it is missing" }],
    });
  });

  test("touches nothing when it asks for a dry run", async () => {
    const { plugin, asked } = mending();
    const env = { [REPAIR_VARIABLE]: "dry-run" };
    await tryPlugin(plugin, { operation: "CHECK", config, env });
    expect(asked).toEqual([{ dryRun: true }]);
  });

  test("is a CHECK for any other value, and of a plugin that cannot repair", async () => {
    const { plugin, asked } = mending();
    for (const value of ["", "0", "yes"]) {
      const env = { [REPAIR_VARIABLE]: value };
      const { stdout } = await tryPlugin(plugin, { operation: "CHECK", config, env });
      expect(stdout).toBe("");
    }
    expect(asked).toEqual(["check", "check", "check"]);
    const plain = definePlugin({ name: "plain", add: () => ({}), del: () => {} });
    const env = { [REPAIR_VARIABLE]: "1" };
    const { stdout } = await tryPlugin(plain, { operation: "CHECK", config, env });
    expect(stdout).toBe("");
  });

  test("no other operation is a repair", async () => {
    const { plugin, asked } = mending();
    const env = { [REPAIR_VARIABLE]: "1" };
    for (const operation of ["ADD", "DEL", "GC", "STATUS"] as const) {
      await tryPlugin(plugin, { operation, config, env });
    }
    expect(asked).toEqual([]);
  });
});
