import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conf, network, printsIp, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError } from "../spec/index.ts";
import { ChainError, ManyErrors } from "./error.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

describe("DEL", () => {
  test("R82 R45 R50 in reverse, all with the final result; then the cache forgets", async () => {
    recorder.behave("one", "ADD", printsIp("10.0.0.1/24"));
    recorder.behave("three", "ADD", printsIp("10.0.0.3/24"));
    const runtime = recorder.open();
    await runtime.add(network(), conf);
    recorder.forget();
    await recorder.open().del(network(), conf);
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
    for (const { request } of recorder.calls()) {
      expect(request["prevResult"]).toEqual({
        cniVersion: "1.1.0",
        ips: [{ address: "10.0.0.3/24" }],
      });
    }
    expect(recorder.cached()).toEqual([]);
  });

  test("R82 R50 an error stops it, and the cache keeps the attachment", async () => {
    const runtime = recorder.open();
    await runtime.add(network(), conf);
    recorder.fail("two", "DEL", "busy", 11);
    recorder.forget();
    const error = await rejection(runtime.del(network(), conf), ChainError);
    expect(error.message).toBe('plugin type="two" name="own" failed (delete): busy');
    expect(error).toMatchObject({ code: 11, position: 1, type: "two" });
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL"]);
    expect(recorder.cached()).toEqual(["net-c1-eth0"]);
  });

  test("on demand it goes on after errors, names them all, and keeps the cache", async () => {
    await recorder.open().add(network(), conf);
    recorder.fail("three", "DEL", "first");
    recorder.fail("one", "DEL", "second", 101);
    recorder.forget();
    const runtime = recorder.open({ continueOnError: true });
    const error = await rejection(runtime.del(network(), conf), ManyErrors);
    expect(error.errors.map(({ msg }) => msg)).toEqual([
      'plugin type="three" failed (delete): first',
      'plugin type="one" failed (delete): second',
    ]);
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
    expect(recorder.cached()).toEqual(["net-c1-eth0"]);
  });

  test("case R3, kind: R82 R86 a missing executable is an error, and the others undo what is theirs", async () => {
    await recorder.open().add(network(), conf);
    recorder.forget();
    rmSync(join(recorder.bin, "two"));
    const error = await rejection(recorder.open().del(network(), conf), ChainError);
    expect(error).toMatchObject({ code: 50, type: "two", position: 1 });
    expect(error.message).toContain('failed to find plugin "two"');
    expect(recorder.sequence()).toEqual(["three DEL", "one DEL"]);
    expect(recorder.cached()).toEqual(["net-c1-eth0"]);
    recorder.install("two");
    await recorder.open().del(network(), conf);
    expect(recorder.cached()).toEqual([]);
  });

  test("R46 R48 without a cache, without a namespace and again it runs all the same", async () => {
    const gone = { ...conf, netns: "" };
    await recorder.open().del(network(), gone);
    await recorder.open().del(network(), gone);
    expect(recorder.sequence()).toHaveLength(6);
    expect(recorder.calls()[0]?.request).not.toHaveProperty("prevResult");
    expect(recorder.calls()[0]?.env["CNI_NETNS"]).toBe("");
  });

  test("R45 before 0.4.0 it carries no result, and the cache forgets as well", async () => {
    const runtime = recorder.open();
    await runtime.add(network("0.3.1"), conf);
    recorder.forget();
    await runtime.del(network("0.3.1"), conf);
    for (const { request } of recorder.calls()) expect(request).not.toHaveProperty("prevResult");
    expect(recorder.cached()).toEqual([]);
  });

  test("R124 a result of another version is converted to that of the configuration", async () => {
    recorder.behave(
      "three",
      "ADD",
      printsIp("10.0.0.3/24", "0.3.1").replace("address", 'version":"4","address'),
    );
    await recorder.open().add(network("0.3.1"), conf);
    recorder.forget();
    // Without the configuration of the ADD the present one has to do.
    const file = join(recorder.cacheDir, "results", "net-c1-eth0");
    const entry = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...entry, config: null }));
    await recorder.open().del(network("1.1.0"), conf);
    expect(recorder.calls()[0]?.request["prevResult"]).toEqual({
      cniVersion: "1.1.0",
      ips: [{ address: "10.0.0.3/24" }],
    });
  });

  test.each([
    "",
    '{"kind":"cni',
    "\0\0\0",
    '{"kind":"cniCacheV1","result":{"cniVersion":"1.0.0","ips":"x"}}',
  ])("R124 a cache that holds %j does not keep it from running", async (content) => {
    mkdirSync(join(recorder.cacheDir, "results"), { recursive: true });
    writeFileSync(join(recorder.cacheDir, "results", "net-c1-eth0"), content);
    await recorder.open().del(network(), conf);
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
    expect(recorder.cached()).toEqual([]);
    expect(recorder.warnings).toHaveLength(1);
  });

  test("a cache directory that cannot be used does not keep it from running", async () => {
    writeFileSync(recorder.cacheDir, "in the way");
    await recorder.open().del(network(), conf);
    expect(recorder.sequence()).toHaveLength(3);
    expect(recorder.warnings.join("\n")).toContain("going on without a lock");
    const error = await rejection(recorder.open().add(network(), conf), CniError);
    expect(error.code).toBe(5);
    expect(recorder.sequence()).toHaveLength(3);
  });

  test("R53 arguments and capabilities are those of the ADD unless others are given", async () => {
    const list = network("1.1.0", { plugins: [{ type: "one", capabilities: { mac: true } }] });
    const args: [string, string][] = [["K", "V"]];
    await recorder.open().add(list, { ...conf, args, capabilityArgs: { mac: "m" } });
    recorder.fail("one", "DEL", "not yet");
    await rejection(recorder.open().del(list, { ...conf, args: [], capabilityArgs: {} }));
    recorder.behave("one", "DEL");
    await recorder.open().del(list, conf);
    const [, given, remembered] = recorder.calls();
    expect(given?.env["CNI_ARGS"]).toBe("");
    expect(given?.request).not.toHaveProperty("runtimeConfig");
    expect(remembered?.env["CNI_ARGS"]).toBe("K=V");
    expect(remembered?.request["runtimeConfig"]).toEqual({ mac: "m" });
  });
});
