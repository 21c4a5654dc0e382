import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Recorder } from "../../tests/support/recorder.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { ManyErrors } from "./error.ts";
import { loadNetwork } from "./load/index.ts";
import { Runtime } from "./runtime.ts";

let recorder: Recorder;
let confDir = "";
beforeEach(() => {
  recorder = new Recorder("rec");
  confDir = join(recorder.root, "net.d");
  put("r.conflist", {
    cniVersion: "1.1.0",
    name: "r",
    plugins: [{ type: "rec", n: 1, capabilities: { mac: true } }],
  });
  put("r/05-a.conf", { type: "rec", n: "a" });
  put("r/10-b.conf", {
    type: "rec",
    n: "b",
    name: "other",
    cniVersion: "0.3.1",
    prevResult: { x: 1 },
    runtimeConfig: { z: 1 },
    "cni.dev/foo": 1,
  });
  put("r/01.json", { type: "rec", n: "never" });
  put("r/README", "ignored");
});
afterEach(() => recorder[Symbol.dispose]());

function put(name: string, content: unknown): void {
  const file = join(confDir, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

function open(libcni = false): Runtime {
  return new Runtime({ pluginDirs: [recorder.bin], cacheDir: recorder.cacheDir, env: {}, libcni });
}

const conf = { containerId: "c", netns: "/n", ifName: "eth0" };
const result = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.1/24" }] };

describe("the recorded sequence of requests (section 7.5)", () => {
  test("ADD goes to 1, a, b with name and version of the list, and nothing reserved", async () => {
    recorder.behave("rec", "ADD", `printf '%s' '${JSON.stringify(result)}'`);
    await open().add(loadNetwork(confDir, "r").config, conf);
    const base = { type: "rec", name: "r", cniVersion: "1.1.0" };
    expect(recorder.calls().map(({ request }) => request)).toEqual([
      { ...base, n: 1 },
      { ...base, n: "a", prevResult: result },
      { ...base, n: "b", prevResult: result, runtimeConfig: { z: 1 } },
    ]);
  });

  test("the switch for libcni's manners keeps capabilities and cni.dev keys", async () => {
    recorder.behave("rec", "ADD", `printf '%s' '${JSON.stringify(result)}'`);
    await open(true).add(loadNetwork(confDir, "r").config, conf);
    const [one, , b] = recorder.calls().map(({ request }) => request);
    expect(one).toHaveProperty("capabilities", { mac: true });
    expect(b).toMatchObject({ "cni.dev/foo": 1, prevResult: result, runtimeConfig: { z: 1 } });
  });

  test("GC after a failing DEL of b: the chain stops, the cache stays, GC goes to all", async () => {
    recorder.behave("rec", "ADD", `printf '%s' '${JSON.stringify(result)}'`);
    const { config } = loadNetwork(confDir, "r");
    await open().add(config, conf);
    recorder.forget();
    recorder.fail("rec", "DEL", "boom-DEL");
    const error = await rejection(open().gc(config, []), ManyErrors);
    expect(error.message).toBe(
      "failed to delete stale attachment c eth0: " +
        'plugin type="rec" name="other" failed (delete): boom-DEL',
    );
    const calls = recorder.calls();
    expect(calls.map(({ command, request }) => [command, request["n"]])).toEqual([
      ["DEL", "b"],
      ["GC", 1],
      ["GC", "a"],
      ["GC", "b"],
    ]);
    expect(calls[0]?.request["prevResult"]).toEqual(result);
    expect(open().cachedAttachments("c")).toHaveLength(1);
  });
});
