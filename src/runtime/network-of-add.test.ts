import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conf, network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import type { NetworkConfig } from "../spec/index.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

/** The network's configuration when all plugins but the first have been taken out of it. */
const shortened: NetworkConfig = network("1.1.0", { plugins: [{ type: "one", other: true }] });

test("case R1: DEL goes by the configuration of the ADD, and says that it has changed", async () => {
  await recorder.open().add(network(), conf);
  recorder.forget();
  await recorder.open().del(shortened, conf);
  expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
  expect(recorder.calls()[2]?.request).not.toHaveProperty("other");
  expect(recorder.warnings).toEqual([
    'the configuration of network "net" has changed since the ADD; that of the ADD is used ' +
      "(then one, two, three, now one)",
  ]);
  expect(recorder.cached()).toEqual([]);
});

test("case R1, kind: CHECK compares with what the ADD was given", async () => {
  await recorder.open().add(network(), conf);
  recorder.forget();
  await recorder.open().check(shortened, conf);
  expect(recorder.sequence()).toEqual(["one CHECK", "two CHECK", "three CHECK"]);
  expect(recorder.warnings).toHaveLength(1);
});

test("case R1, kind: a network whose file is gone is known from the cache, and GC works with it", async () => {
  await recorder.open().add(network(), conf);
  await recorder.open().add(shortened, { ...conf, containerId: "c2" });
  recorder.forget();
  const runtime = recorder.open();
  const remembered = runtime.cachedNetwork("net");
  expect(remembered?.plugins.map(({ json }) => json["other"])).toEqual([true]);
  expect(runtime.cachedNetwork("other")).toBeUndefined();
  await runtime.gc(remembered ?? network(), []);
  expect(recorder.sequence()).toEqual([
    ...["three DEL", "two DEL", "one DEL"],
    ...["one DEL"],
    ...["one GC"],
  ]);
  expect(recorder.cached()).toEqual([]);
});

test("D220 a file that was only written anew is the same configuration", async () => {
  await recorder.open().add(network(), conf);
  const same = { ...network(), text: `// a comment\n${network().text}` };
  await recorder.open().check(same, conf);
  await recorder.open().del(same, conf);
  expect(recorder.warnings).toEqual([]);
});

test("D220 what libcni has remembered is its file's text, without drop-in plugins", async () => {
  await recorder.open().add(shortened, conf);
  const file = join(recorder.cacheDir, "results", "net-c1-eth0");
  const { hawser: _, ...entry } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify(entry));
  recorder.forget();
  const withDropIn = { ...shortened, plugins: network().plugins };
  await recorder.open().del(withDropIn, conf);
  expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
  expect(recorder.warnings).toEqual([]);
});

test("D220 a remembered configuration that cannot be used gives way to the present one", async () => {
  await recorder.open().add(network(), conf);
  const file = join(recorder.cacheDir, "results", "net-c1-eth0");
  const entry = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...entry, config: btoa('{"name":"net"') }));
  recorder.forget();
  await recorder.open().del(shortened, conf);
  expect(recorder.sequence()).toEqual(["one DEL"]);
  expect(recorder.warnings[0]).toContain("cannot be used");
});

test("D220 with libcni's manners the present configuration is used", async () => {
  await recorder.open().add(network(), conf);
  recorder.forget();
  await recorder.open({ libcni: true }).del(shortened, conf);
  expect(recorder.sequence()).toEqual(["one DEL"]);
});
