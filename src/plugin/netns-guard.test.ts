import { expect, test } from "bun:test";
import type { Executor } from "../invoke/index.ts";
import { definePlugin, tryPlugin } from "./index.ts";

test("case S11: DEL goes on, and the plugin and its delegates are given no namespace", async () => {
  for (const netns of ["/proc/self/ns/net", `/proc/${process.pid}/ns/net`]) {
    const seen: (string | undefined)[] = [];
    const executor: Executor = {
      find: (type) => `/bin/${type}`,
      run: async ({ env: given }) => {
        seen.push(given["CNI_NETNS"]);
        return await Promise.resolve({
          stdout: "",
          stderr: "",
          exitCode: 0,
          signal: null,
          ms: 0,
        });
      },
    };
    const plugin = definePlugin({
      name: "p",
      add: () => undefined,
      del: async (ctx) => {
        seen.push(ctx.netns, ctx.env["CNI_NETNS"], ctx.daemonServices?.netnsPath);
        await ctx.delegate.del("other");
      },
    });
    const conf = { cniVersion: "1.1.0", name: "n", type: "p" };
    const answer = await tryPlugin(plugin, { operation: "DEL", config: conf, netns, executor });
    expect(answer).toMatchObject({ exitCode: 0, stdout: "" });
    expect(answer.stderr).toContain(`CNI_NETNS ${netns} is the host's namespace by now`);
    expect(seen).toEqual(["", "", undefined, ""]);
  }
});
