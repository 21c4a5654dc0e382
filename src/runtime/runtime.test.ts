import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { conf, network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError, parseNetworkConfig } from "../spec/index.ts";
import { AbortError } from "./error.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

describe("names", () => {
  const bad = ["../x", "a/b", "", "-a", "a b", "a\n", "ä"];

  test.each(bad)("D23 the container ID %j is refused by every operation", async (containerId) => {
    const runtime = recorder.open();
    for (const operation of ["add", "del", "check"] as const) {
      const error = await rejection(
        runtime[operation](network(), { ...conf, containerId }),
        CniError,
      );
      expect([3, 4]).toContain(error.code);
    }
    expect(recorder.sequence()).toEqual([]);
    expect(existsSync(recorder.cacheDir)).toBe(false);
  });

  test.each(["../x", "a/b", "", "a".repeat(16), "a\u00a0b", "nul\0", ".."])(
    "D23 R32 the interface name %j is refused by every operation",
    async (ifName) => {
      const runtime = recorder.open();
      for (const operation of ["add", "del", "check"] as const) {
        const error = await rejection(runtime[operation](network(), { ...conf, ifName }), CniError);
        expect(error.code).toBe(4);
      }
      expect(recorder.sequence()).toEqual([]);
    },
  );

  test("D23 a network name that came around the loader is refused by every operation", async () => {
    const runtime = recorder.open();
    const list = { ...network(), name: "../evil" };
    for (const operation of [
      runtime.add(list, conf),
      runtime.del(list, conf),
      runtime.check(list, conf),
      runtime.gc(list, []),
      runtime.status(list),
      runtime.validate(list),
    ]) {
      expect((await rejection(operation, CniError)).code).toBe(7);
    }
    expect(recorder.sequence()).toEqual([]);
  });
});

describe("single plugins and the cache", () => {
  const single = {
    type: "one",
    capabilities: {},
    json: { type: "one", name: "net", cniVersion: "0.4.0" },
    name: "net",
  };

  test("a single plugin runs as a network of one; its errors are its own", async () => {
    const runtime = recorder.open();
    await runtime.addPlugin(single, conf);
    await runtime.checkPlugin(single, conf);
    await runtime.delPlugin(single, conf);
    expect(await runtime.validatePlugin(single)).toEqual([]);
    expect(recorder.sequence()).toEqual(["one ADD", "one CHECK", "one DEL", "one VERSION"]);
    recorder.fail("one", "DEL", "boom", 100);
    const error = await rejection(runtime.delPlugin(single, conf), CniError);
    expect(error.message).toBe("boom");
  });

  test("D22 the remembered configuration has the drop-in plugins, and can be used for DEL", async () => {
    const list = network();
    const [one, two, three] = list.plugins;
    if (one === undefined || two === undefined || three === undefined) throw new Error("unlikely");
    const inline = parseNetworkConfig(
      '{"cniVersions":["1.0.0","1.1.0"],"name":"net","disableCheck":true,"plugins":[{"type":"one"}]}',
    );
    const runtime = recorder.open();
    const args: [string, string][] = [["K", "V"]];
    await runtime.add({ ...inline, plugins: [one, two, three] }, { ...conf, args });
    const cached = runtime.cachedConfig(inline, { ...conf, netns: "" });
    expect(cached?.conf).toMatchObject({ netns: "/run/netns/blue", args: [["K", "V"]] });
    expect(cached?.config).toMatchObject({ cniVersion: "1.1.0", disableCheck: true });
    expect(cached?.config.plugins.map(({ type }) => type)).toEqual(["one", "two", "three"]);
    recorder.forget();
    if (cached !== undefined) await runtime.del(cached.config, cached.conf);
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
  });

  test("attachments of one container, or of all", async () => {
    const runtime = recorder.open();
    await runtime.add(network(), conf);
    await runtime.add(network(), { ...conf, ifName: "eth1" });
    await runtime.add(network(), { ...conf, containerId: "c2" });
    expect(
      runtime.cachedAttachments().map(({ containerId, ifName }) => [containerId, ifName]),
    ).toEqual([
      ["c1", "eth0"],
      ["c1", "eth1"],
      ["c2", "eth0"],
    ]);
    expect(runtime.cachedAttachments("c2")).toHaveLength(1);
    expect(runtime.cachedResult(network(), { ...conf, containerId: "c3" })).toBeUndefined();
    expect(runtime.cachedConfig(network(), { ...conf, containerId: "c3" })).toBeUndefined();
  });
});

describe("what ends an operation from outside", () => {
  test("case R8, kind: a signal that came before is the same error, and nothing is run", async () => {
    const reason = new Error("no time");
    const call = { signal: AbortSignal.abort(reason) };
    const runtime = recorder.open();
    for (const operation of [
      runtime.add(network(), conf, call),
      runtime.del(network(), conf, call),
      runtime.check(network(), conf, call),
      runtime.gc(network(), [], call),
      runtime.status(network(), call),
      runtime.validate(network(), call),
    ]) {
      const error = await rejection(operation, AbortError);
      expect([error.code, error.cause]).toEqual([11, reason]);
    }
    expect(recorder.sequence()).toEqual([]);
  });

  test("case R8, kind: so is one that comes while another operation is waited for, or in a GC", async () => {
    recorder.behave("one", "ADD", "sleep 0.3; printf '{}'");
    const first = recorder.open().add(network(), conf);
    while (recorder.sequence().length === 0) await Bun.sleep(5);
    const signal = AbortSignal.timeout(20);
    const waiting = await rejection(recorder.open().del(network(), conf, { signal }), AbortError);
    expect(waiting.cause).toBe(signal.reason);
    expect(waiting.message).toBe("DEL was aborted before a plugin ran");
    await first;
    recorder.behave("two", "GC", "sleep 30");
    const later = AbortSignal.timeout(300);
    const gc = recorder
      .open()
      .gc(network(), [{ containerId: "c1", ifName: "eth0" }], { signal: later });
    expect((await rejection(gc, AbortError)).message).toBe("GC was aborted while two ran");
  });

  test("a plugin's own error is told, though the signal came by then", async () => {
    const abort = new AbortController();
    recorder.fail("one", "STATUS", "not now", 50);
    const onPlugin = (): void => abort.abort();
    const { signal } = abort;
    const error = await rejection(
      recorder.open({ onPlugin }).status(network(), { signal }),
      CniError,
    );
    expect(error.message).toBe("not now");
  });
});

test("case K7, kind: an observer that throws fails neither ADD nor what takes it back", async () => {
  const boom = (): never => {
    throw new Error("ENOSPC: no space left on device");
  };
  const observers = { onPlugin: boom, onPluginStart: boom, onStderr: boom, onWarning: boom };
  recorder.behave("one", "ADD", "echo text >&2; printf '{}'");
  await recorder.open(observers).add(network(), conf);
  await recorder.open(observers).check(network(), conf);
  await recorder.open(observers).del(network(), conf);
  recorder.fail("three", "ADD", "no");
  recorder.forget();
  const error = await rejection(recorder.open(observers).add(network(), conf), CniError);
  expect(error.message).toContain("failed (add): no");
  expect(recorder.sequence().slice(3)).toEqual(["three DEL", "two DEL", "one DEL"]);
  expect(recorder.cached()).toEqual([]);
});
