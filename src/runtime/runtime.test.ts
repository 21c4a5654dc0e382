import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { conf, network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError, parseNetworkConfig } from "../spec/index.ts";

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
