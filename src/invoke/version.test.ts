import { describe, expect, test } from "bun:test";
import { rejection } from "../../tests/support/rejection.ts";
import type { Executor, PluginCall } from "./executor.ts";
import { getVersionInfo } from "./version.ts";

function answering(stdout: string, exitCode = 0): { executor: Executor; calls: PluginCall[] } {
  const calls: PluginCall[] = [];
  const run: Executor["run"] = (call) => {
    calls.push(call);
    return Promise.resolve({ stdout, stderr: "", exitCode, signal: null, ms: 1 });
  };
  return { executor: { find: () => "/p", run }, calls };
}

const request = { type: "probe", path: "/p", env: { HOME: "/h" } };

describe("getVersionInfo", () => {
  test("R64 R128 the request has the newest version and harmless parameters", async () => {
    const { executor, calls } = answering('{"cniVersion":"1.1.0","supportedVersions":["1.0.0"]}');
    expect(await getVersionInfo(executor, request)).toEqual({
      cniVersion: "1.1.0",
      supportedVersions: ["1.0.0"],
    });
    expect(calls[0]?.stdin).toBe('{"cniVersion":"1.1.0"}');
    expect(calls[0]?.env).toEqual({
      HOME: "/h",
      CNI_COMMAND: "VERSION",
      CNI_CONTAINERID: "",
      CNI_NETNS: "dummy",
      CNI_ARGS: "",
      CNI_IFNAME: "dummy",
      CNI_PATH: "dummy",
    });
  });

  test("R107 a plugin that does not know VERSION supports 0.1.0", async () => {
    const { executor } = answering('{"code":4,"msg":"unknown CNI_COMMAND: VERSION"}', 1);
    expect((await getVersionInfo(executor, request)).supportedVersions).toEqual(["0.1.0"]);
  });

  test("R107 another error stays one", async () => {
    const { executor } = answering('{"code":4,"msg":"unknown CNI_COMMAND: VERSION!"}', 1);
    expect((await rejection(getVersionInfo(executor, request))).message).toContain(
      "unknown CNI_COMMAND: VERSION!",
    );
  });

  test("R63 R107 only a 0.2.0 answer may lack the list", async () => {
    const old = answering('{"cniVersion":"0.2.0"}');
    expect((await getVersionInfo(old.executor, request)).supportedVersions).toEqual([
      "0.1.0",
      "0.2.0",
    ]);
    const { executor } = answering('{"cniVersion":"0.3.0"}');
    expect((await rejection(getVersionInfo(executor, request))).message).toContain(
      "decoding version info: missing field supportedVersions",
    );
  });

  test.each(["", "x", "[]", '{"supportedVersions":"1.0.0"}', '{"supportedVersions":[1]}'])(
    "R106 the answer %j is refused",
    async (stdout) => {
      const { executor } = answering(stdout);
      expect((await rejection(getVersionInfo(executor, request))).message).toContain(
        "decoding version info",
      );
    },
  );
});
