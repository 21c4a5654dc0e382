import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conf, network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError, parseNetworkConfig, type ValidAttachment } from "../spec/index.ts";
import { Cache } from "./cache/index.ts";
import { ManyErrors } from "./error.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

describe("GC", () => {
  async function attach(...ids: string[]): Promise<void> {
    for (const containerId of ids) {
      await recorder
        .open()
        .add(network(), { ...conf, containerId, netns: `/run/netns/${containerId}` });
    }
    recorder.forget();
  }

  test("R68 R84 D20 DEL for what is not valid, then GC of all with both lists", async () => {
    await attach("a", "b");
    const valid = [{ containerId: "a", ifName: "eth0" }];
    const report = await recorder.open().gc(network(), valid);
    expect(report.removed).toEqual([{ network: "net", containerId: "b", ifName: "eth0" }]);
    expect(recorder.sequence()).toEqual([
      "three DEL",
      "two DEL",
      "one DEL",
      "one GC",
      "two GC",
      "three GC",
    ]);
    const calls = recorder.calls();
    expect(calls[0]?.env).toMatchObject({ CNI_CONTAINERID: "b", CNI_NETNS: "/run/netns/b" });
    for (const { request, env } of calls.slice(3)) {
      const listed = [{ containerID: "a", ifname: "eth0" }];
      expect(request["cni.dev/valid-attachments"]).toEqual(listed);
      expect(request["cni.dev/attachments"]).toEqual(listed);
      expect(request).not.toHaveProperty("prevResult");
      expect(request).not.toHaveProperty("runtimeConfig");
      expect(env).toMatchObject({
        CNI_CONTAINERID: "",
        CNI_NETNS: "",
        CNI_IFNAME: "",
        CNI_ARGS: "",
      });
    }
    expect(recorder.cached()).toEqual(["net-a-eth0"]);
  });

  test("case L6, kind: by the keys of a request, or without keys, nothing is removed and the error says why", async () => {
    await attach("a");
    for (const each of [{ containerID: "a", ifname: "eth0" }, {}, { containerId: "a" }]) {
      const valid = [each as ValidAttachment];
      const error = await rejection(recorder.open().gc(network(), valid), CniError);
      expect(error.code).toBe(4);
      expect(error.message).toContain('must have the strings "containerId" and "ifName"');
    }
    expect(recorder.sequence()).toEqual([]);
    expect(recorder.cached()).toEqual(["net-a-eth0"]);
  });

  test("D20 an empty list is a list", async () => {
    await recorder.open().gc(network(), []);
    expect(recorder.calls()[0]?.request["cni.dev/valid-attachments"]).toEqual([]);
  });

  test("R84 R65 errors do not stop it, and all are told", async () => {
    await attach("a", "b");
    recorder.behave(
      "two",
      "DEL",
      'case $CNI_CONTAINERID in a) printf \'{"code":5,"msg":"boom"}\'; exit 1;; esac',
    );
    recorder.fail("one", "GC", "gc one");
    recorder.fail("three", "GC", "gc three");
    const error = await rejection(recorder.open().gc(network(), []), ManyErrors);
    expect(error.errors.map(({ msg }) => msg)).toEqual([
      'failed to delete stale attachment a eth0: plugin type="two" name="own" failed (delete): boom',
      "failed to GC plugin one: gc one",
      "failed to GC plugin three: gc three",
    ]);
    expect(error.code).toBe(5);
    expect(recorder.sequence().filter((call) => call.endsWith("GC"))).toHaveLength(3);
    expect(recorder.cached()).toEqual(["net-a-eth0"]);
  });

  test("R86 a missing executable is an error of GC as well", async () => {
    rmSync(join(recorder.bin, "two"));
    const error = await rejection(recorder.open().gc(network(), []), ManyErrors);
    expect(error.message).toContain('failed to find plugin "two"');
    expect(recorder.sequence()).toEqual(["one GC", "three GC"]);
  });

  test("D19 a cache that cannot be listed is an error, and the plugins get their GC", async () => {
    mkdirSync(recorder.cacheDir);
    writeFileSync(join(recorder.cacheDir, "results"), "in the way");
    const error = await rejection(recorder.open().gc(network(), []), ManyErrors);
    expect(error.message).toContain("failed to list cached attachments");
    expect(recorder.sequence()).toEqual(["one GC", "two GC", "three GC"]);
  });

  test("other networks are not touched, and old versions get the DELs only", async () => {
    await attach("a");
    const other = parseNetworkConfig(
      '{"cniVersion":"1.1.0","name":"other","plugins":[{"type":"one"}]}',
    );
    await recorder.open().gc(other, []);
    expect(recorder.sequence()).toEqual(["one GC"]);
    recorder.forget();
    await recorder.open().gc(network("1.0.0"), []);
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
  });

  test("R9 where it is disabled it does nothing", async () => {
    await attach("a");
    await recorder.open().gc(network("1.1.0", { disableGC: true }), []);
    expect(recorder.sequence()).toEqual([]);
    expect(recorder.cached()).toEqual(["net-a-eth0"]);
  });

  test("what it would remove can be seen before", async () => {
    await attach("a", "b");
    const stale = recorder
      .open()
      .staleAttachments(network(), [{ containerId: "a", ifName: "eth0" }]);
    expect(stale).toMatchObject([{ containerId: "b", netns: "/run/netns/b", finished: true }]);
    expect(recorder.sequence()).toEqual([]);
  });

  test("R73 it waits for an ADD, and an ADD waits for it", async () => {
    recorder.behave("one", "ADD", "sleep 0.2; printf '{}'");
    recorder.behave("one", "GC", "sleep 0.2");
    const adding = recorder.open().add(network(), { ...conf, containerId: "first" });
    while (recorder.sequence().length === 0) await Bun.sleep(5);
    const valid = [{ containerId: "first", ifName: "eth0" }];
    const collecting = recorder.open().gc(network(), valid);
    await Bun.sleep(20);
    const late = recorder.open().add(network(), { ...conf, containerId: "second" });
    await Promise.all([adding, collecting, late]);
    expect(recorder.sequence()).toEqual([
      "one ADD",
      "two ADD",
      "three ADD",
      "one GC",
      "two GC",
      "three GC",
      "one ADD",
      "two ADD",
      "three ADD",
    ]);
  });

  test("case R7: several networks are collected by one look at the disk", async () => {
    await attach("a", "b");
    const other = network("1.1.0", { name: "other", plugins: [{ type: "one" }] });
    await recorder.open().add(other, { ...conf, containerId: "c" });
    recorder.forget();
    using listed = spyOn(Cache.prototype, "list");
    const reports = await recorder.open().gcNetworks([
      { list: network(), valid: [{ containerId: "a", ifName: "eth0" }] },
      { list: other, valid: [] },
    ]);
    expect(listed).toHaveBeenCalledTimes(1);
    expect(reports).toEqual([
      { removed: [{ network: "net", containerId: "b", ifName: "eth0" }] },
      { removed: [{ network: "other", containerId: "c", ifName: "eth0" }] },
    ]);
    expect(recorder.cached()).toEqual(["net-a-eth0"]);
  });

  test("case R7, kind: the error of one network keeps no other from its GC", async () => {
    recorder.fail("two", "GC", "boom");
    const other = network("1.1.0", { name: "other", plugins: [{ type: "three" }] });
    const networks = [network(), other].map((list) => ({ list, valid: [] }));
    const error = await rejection(recorder.open().gcNetworks(networks), ManyErrors);
    expect(error.message).toBe("failed to GC plugin two: boom");
    expect(recorder.sequence()).toEqual(["one GC", "two GC", "three GC", "three GC"]);
  });

  test("case R7, kind: what was deleted since the look is not deleted again", async () => {
    await attach("a");
    recorder.behave("one", "DEL", `rm -f "${join(recorder.cacheDir, "results", "net-b-eth0")}"`);
    await attach("b");
    recorder.forget();
    const { removed } = await recorder.open().gc(network(), []);
    expect(removed).toEqual([{ network: "net", containerId: "a", ifName: "eth0" }]);
    expect(recorder.sequence().filter((call) => call === "one DEL")).toHaveLength(1);
  });
});
