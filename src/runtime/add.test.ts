import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conf, network, printsIp, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError, parseNetworkConfig } from "../spec/index.ts";
import { AbortError, CacheWriteError, ChainError } from "./error.ts";
import { networkFrom } from "./load/index.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

describe("ADD", () => {
  test("R78 R79 R87 plugins run in order, each with the result of the one before", async () => {
    recorder.behave("one", "ADD", printsIp("10.0.0.1/24"));
    recorder.behave("two", "ADD", printsIp("10.0.0.2/24"));
    recorder.behave("three", "ADD", printsIp("10.0.0.3/24"));
    const result = await recorder.open().add(network(), conf);
    expect(result.ips).toEqual([{ address: "10.0.0.3/24" }]);
    const calls = recorder.calls();
    expect(recorder.sequence()).toEqual(["one ADD", "two ADD", "three ADD"]);
    expect(calls.map(({ request }) => request["prevResult"])).toEqual([
      undefined,
      { cniVersion: "1.1.0", ips: [{ address: "10.0.0.1/24" }] },
      { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] },
    ]);
    for (const { request } of calls) {
      expect(request).toMatchObject({ name: "net", cniVersion: "1.1.0" });
    }
  });

  test("R35 R127 all plugins get the same environment", async () => {
    const args: [string, string][] = [["FOO", "BAR"]];
    await recorder.open().add(network(), { ...conf, args });
    const [one, two, three] = recorder.calls().map(({ env }) => env);
    expect(two).toEqual(one ?? {});
    expect(three).toEqual(one ?? {});
    expect(one).toEqual({
      PATH: "/usr/bin:/bin",
      INHERITED: "yes",
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "c1",
      CNI_NETNS: "/run/netns/blue",
      CNI_IFNAME: "eth0",
      CNI_ARGS: "FOO=BAR",
      CNI_PATH: recorder.bin,
    });
  });

  test("R88 R89 capabilities reach who declares them", async () => {
    const plugins = [{ type: "one", capabilities: { mac: true, ips: false } }, { type: "two" }];
    const list = network("1.1.0", { plugins });
    await recorder.open().add(list, { ...conf, capabilityArgs: { mac: "m", ips: [], other: 1 } });
    const [one, two] = recorder.calls();
    expect(one?.request["runtimeConfig"]).toEqual({ mac: "m" });
    expect(two?.request).not.toHaveProperty("runtimeConfig");
  });

  test("R80 R75 a failure stops the chain, is taken back in reverse, and leaves no cache", async () => {
    recorder.behave("one", "ADD", printsIp("10.0.0.1/24"));
    recorder.fail("two", "ADD", "boom", 111);
    const error = await rejection(recorder.open().add(network(), conf), ChainError);
    expect(error.message).toBe('plugin type="two" name="own" failed (add): boom');
    expect(error).toMatchObject({ code: 111, type: "two", position: 1, operation: "ADD" });
    expect(error.failure).toMatchObject({ exitCode: 1, msg: "boom", type: "two" });
    expect(error.cleanupErrors).toEqual([]);
    expect(recorder.sequence()).toEqual(["one ADD", "two ADD", "three DEL", "two DEL", "one DEL"]);
    expect(recorder.calls()[2]?.request["prevResult"]).toEqual({
      cniVersion: "1.1.0",
      ips: [{ address: "10.0.0.1/24" }],
    });
    expect(recorder.cached()).toEqual([]);
    expect(recorder.reports.map(({ type, cleanup }) => [type, cleanup])).toEqual([
      ["one", false],
      ["two", false],
      ["three", true],
      ["two", true],
      ["one", true],
    ]);
    expect(recorder.reports[1]?.error?.code).toBe(111);
  });

  test("R75 what fails in taking back is told beside the first error, and stays known", async () => {
    recorder.fail("three", "ADD", "first");
    recorder.fail("three", "DEL", "second");
    recorder.fail("one", "DEL", "third");
    const error = await rejection(recorder.open().add(network(), conf), ChainError);
    expect(error.msg).toContain("first");
    expect(error.cleanupErrors.map(({ msg }) => msg)).toEqual([
      'plugin type="three" failed (delete): second',
      'plugin type="one" failed (delete): third',
    ]);
    expect(recorder.warnings).toHaveLength(2);
    expect(recorder.open().cachedAttachments()).toMatchObject([
      { containerId: "c1", finished: false },
    ]);
  });

  test("R75 the caller may want to clean up itself", async () => {
    recorder.fail("one", "ADD", "boom");
    await rejection(recorder.open({ cleanup: false }).add(network(), conf), ChainError);
    expect(recorder.sequence()).toEqual(["one ADD"]);
  });

  test("a plugin that hangs is ended, and taken back with a deadline of its own", async () => {
    recorder.behave("two", "ADD", "sleep 60");
    recorder.behave("one", "DEL", "sleep 60");
    const runtime = recorder.open({ timeoutMs: 300, cleanupTimeoutMs: 400 });
    const error = await rejection(runtime.add(network(), conf), ChainError);
    expect(error.failure?.timedOut).toBe(true);
    // Case R8, kind: the face of a time-out, at the bottom of the causes.
    expect([error.code, error.failure?.cause]).toMatchObject([11, { name: "TimeoutError" }]);
    expect(recorder.sequence()).toEqual(["one ADD", "two ADD", "three DEL", "two DEL", "one DEL"]);
    expect(error.cleanupErrors).toHaveLength(1);
    expect(error.cleanupErrors[0]).toMatchObject({ failure: { timedOut: true } });
  });

  test("case R8: an aborted ADD is taken back all the same, and is an AbortError with the reason", async () => {
    recorder.behave("two", "ADD", "echo started >&2; sleep 60");
    const controller = new AbortController();
    const runtime = recorder.open({
      onStderr: (_, { type }) => {
        if (type === "two") controller.abort("the user has left");
      },
    });
    const { signal } = controller;
    const error = await rejection(runtime.add(network(), conf, { signal }), AbortError);
    expect(error).toMatchObject({ name: "AbortError", code: 11, operation: "ADD" });
    expect(error.cause).toBe("the user has left");
    expect(error.failure?.aborted).toBe(true);
    expect(error.cleanupErrors).toEqual([]);
    expect(recorder.sequence().slice(2)).toEqual(["three DEL", "two DEL", "one DEL"]);
    expect(recorder.cached()).toEqual([]);
  });

  test("R81 when only the result cannot be remembered, the ADD is taken back too", async () => {
    const inTheWay = join(recorder.cacheDir, "hawser-tmp");
    recorder.behave("three", "ADD", `rm -rf "${inTheWay}"; touch "${inTheWay}"; printf '{}'`);
    const error = await rejection(recorder.open().add(network(), conf), CacheWriteError);
    expect(error.message).toStartWith('failed to set network "net" cached result: ');
    expect(error.code).toBe(5);
    expect(recorder.sequence().slice(3)).toEqual(["three DEL", "two DEL", "one DEL"]);
  });

  test("when it cannot even be noted that an ADD starts, nothing is run", async () => {
    mkdirSync(recorder.cacheDir);
    writeFileSync(join(recorder.cacheDir, "hawser-tmp"), "");
    await rejection(recorder.open().add(network(), conf), CacheWriteError);
    expect(recorder.sequence()).toEqual([]);
  });

  test("R78 a missing executable is told before anything is done", async () => {
    rmSync(join(recorder.bin, "three"));
    const error = await rejection(recorder.open().add(network(), conf), ChainError);
    expect(error.message).toBe(
      `plugin type="three" failed (add): failed to find plugin "three" in path [${recorder.bin}]`,
    );
    expect(recorder.sequence()).toEqual([]);
  });

  test("plugins that do not speak the version have nothing to take back, and leave no journal", async () => {
    for (const operation of ["ADD", "DEL"]) {
      recorder.fail("two", operation, "incompatible CNI versions", 1);
    }
    const error = await rejection(recorder.open().add(network(), conf), ChainError);
    expect(error).toMatchObject({ code: 1, cleanupErrors: [] });
    expect(recorder.sequence()).toEqual(["one ADD", "two ADD", "three DEL", "two DEL", "one DEL"]);
    expect(readdirSync(join(recorder.cacheDir, "results"))).toEqual([]);
  });

  test("D13 R104 a result of another version is converted at once, and told", async () => {
    recorder.behave(
      "one",
      "ADD",
      `printf '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.1/24"}]}'`,
    );
    recorder.behave("two", "ADD", `printf '{"cniVersion":"0.3.1"}'`);
    const result = await recorder.open().add(network(), conf);
    expect(result.cniVersion).toBe("1.1.0");
    const [, two, three] = recorder.calls();
    expect(two?.request["prevResult"]).toEqual({
      cniVersion: "1.1.0",
      ips: [{ address: "10.0.0.1/24" }],
    });
    expect(three?.request["prevResult"]).toEqual({ cniVersion: "1.1.0" });
    expect(recorder.warnings).toHaveLength(2);
    expect(recorder.warnings[0]).toContain('plugin "one" answered in version "0.4.0"');
  });

  test("D14 R117 unknown fields of a result reach the next plugin, the caller and the cache", async () => {
    const printed =
      '{"cniVersion":"1.1.0","vf":12345678901234567890,"ips":[{"address":"10.0.0.1/24","x":1.0}]}';
    recorder.behave("one", "ADD", `printf '%s' '${printed}'`);
    recorder.behave("two", "ADD", `sed 's/.*"prevResult"://; s/}$//' "$call/stdin"`);
    recorder.behave("three", "ADD", `sed 's/.*"prevResult"://; s/}$//' "$call/stdin"`);
    await recorder.open().add(network(), conf);
    expect(recorder.calls()[2]?.stdin).toContain('"vf":12345678901234567890');
    expect(recorder.calls()[2]?.stdin).toContain('"x":1.0');
    const file = readFileSync(join(recorder.cacheDir, "results", "net-c1-eth0"), "utf8");
    expect(file).toContain('"vf":12345678901234567890');
  });

  test("D5 R16 numbers of the configuration reach the plugin to the digit", async () => {
    const text =
      '{"cniVersion":"1.1.0","name":"net","plugins":[{"type":"one","big":12345678901234567890,"one":1.0,"html":"<&>"}]}';
    await recorder.open().add(parseNetworkConfig(text), conf);
    expect(recorder.calls()[0]?.stdin).toContain(
      '"big":12345678901234567890,"one":1.0,"html":"<&>"',
    );
  });

  test("R42 a second ADD of what is attached is refused, and nothing is harmed", async () => {
    const runtime = recorder.open();
    await runtime.add(network(), conf);
    const error = await rejection(runtime.add(network(), conf), CniError);
    expect(error.message).toContain("attached");
    expect(recorder.sequence()).toHaveLength(3);
    expect(runtime.cachedResult(network(), conf)).toBeDefined();
    await recorder.open({ refuseDuplicate: false }).add(network(), conf);
    expect(recorder.sequence()).toHaveLength(6);
  });

  test("R42 what was attached before the machine booted does not count", async () => {
    const runtime = recorder.open();
    await runtime.add(network(), conf);
    const file = join(recorder.cacheDir, "results", "net-c1-eth0");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"bootId":"[^"]*"/, '"bootId":"old"'));
    expect(runtime.cachedAttachments()).toMatchObject([{ earlierBoot: true, finished: true }]);
    await runtime.add(network(), conf);
    expect(runtime.cachedAttachments()).toMatchObject([{ earlierBoot: false }]);
  });

  test("case R2, kind: what an ADD of an earlier boot has left is taken away, and the first ADD works", async () => {
    recorder.behave("one", "ADD", `mkdir "$here/reserved" && printf '{}'`);
    recorder.behave("one", "DEL", `rmdir "$here/reserved"`);
    const args: [string, string][] = [["K", "V"]];
    await recorder.open().add(network(), { ...conf, args });
    const file = join(recorder.cacheDir, "results", "net-c1-eth0");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"bootId":"[^"]*"/, '"bootId":"old"'));
    recorder.forget();
    await recorder.open().add(network(), conf);
    expect(recorder.sequence()).toEqual([
      ...["three DEL", "two DEL", "one DEL"],
      ...["one ADD", "two ADD", "three ADD"],
    ]);
    // Its namespace is gone with its boot, and the path may lead to another one.
    expect(recorder.calls()[0]?.env).toMatchObject({ CNI_NETNS: "", CNI_ARGS: "K=V" });
    expect(recorder.calls()[3]?.env).toMatchObject({ CNI_NETNS: conf.netns, CNI_ARGS: "" });
  });

  test("case R2: an ADD that is refused since the interface exists takes nothing back of it", async () => {
    recorder.behave("two", "ADD", `printf '{"code":4,"msg":"eth0 exists already"}'`, "exit 1");
    const error = await rejection(recorder.open().add(network(), conf), ChainError);
    expect(error).toMatchObject({ code: 4, cleanupErrors: [] });
    expect(recorder.sequence()).toEqual(["one ADD", "two ADD", "one DEL"]);
    expect(recorder.cached()).toEqual([]);
  });

  test("case R4: the first plugin gets the prevResult of its configuration, the others the real one", async () => {
    const fixed = { cniVersion: "1.1.0", ips: [{ address: "10.9.0.2/24" }] };
    const plugins = ["one", "two"].map((type) => ({ type, prevResult: fixed }));
    recorder.behave("one", "ADD", printsIp("10.0.0.1/24"));
    await recorder.open().add(network("1.1.0", { plugins }), conf);
    const [one, two] = recorder.calls();
    expect(one?.request["prevResult"]).toEqual(fixed);
    expect(two?.request["prevResult"]).toMatchObject({ ips: [{ address: "10.0.0.1/24" }] });
  });

  test("case R4, kind: CHECK and DEL carry the result of the ADD, whatever the configuration says", async () => {
    const fixed = { cniVersion: "1.1.0", ips: [{ address: "10.9.0.2/24" }] };
    const list = network("1.1.0", { plugins: [{ type: "one", prevResult: fixed }] });
    recorder.behave("one", "ADD", printsIp("10.0.0.1/24"));
    await recorder.open().add(list, conf);
    await recorder.open().check(list, conf);
    await recorder.open().del(list, conf);
    for (const { request } of recorder.calls().slice(1)) {
      expect(request["prevResult"]).toMatchObject({ ips: [{ address: "10.0.0.1/24" }] });
    }
  });

  test("a network without plugins attaches nothing, and is refused", async () => {
    const list = networkFrom({ cniVersion: "1.1.0", name: "net" });
    const error = await rejection(recorder.open().add(list, conf), CniError);
    expect([error.code, error.msg]).toEqual([7, 'network "net" has no plugins']);
    expect(recorder.open().cachedAttachments()).toEqual([]);
  });

  test("the object of a configuration is told how it becomes a network", async () => {
    const object = { cniVersion: "1.1.0", name: "net", plugins: [{ type: "one" }] } as never;
    const runtime = recorder.open();
    for (const call of [
      runtime.add(object, conf),
      runtime.status(object),
      runtime.gc(object, []),
    ]) {
      const error = await rejection(call, CniError);
      expect([error.code, error.advice]).toEqual([
        7,
        "make it by networkFrom, networkFromText or loadNetwork",
      ]);
    }
  });

  test("R43 an ADD without a namespace is refused before anything is run", async () => {
    const error = await rejection(recorder.open().add(network(), { ...conf, netns: "" }), CniError);
    expect(error.code).toBe(4);
    expect(error.message).toContain("CNI_NETNS");
    expect(recorder.sequence()).toEqual([]);
  });

  test("the stderr of plugins comes with its source, and D4's codes pass", async () => {
    const heard: string[] = [];
    recorder.behave("two", "ADD", "echo hello >&2; printf '{}'");
    const onStderr = (text: string, source: object): void => {
      heard.push(`${JSON.stringify(source)} ${text}`);
    };
    await recorder.open({ onStderr }).add(network(), conf);
    expect(heard).toEqual(['{"operation":"ADD","type":"two"} hello\n']);
  });

  test("R126 the span of the caller reaches the plugins", async () => {
    const span = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
    await recorder.open({ trace: () => span }).add(network(), conf);
    expect(recorder.calls()[0]?.env["TRACEPARENT"]).toBe(
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    );
  });
});
