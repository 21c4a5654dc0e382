import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { conf, network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError, type NetworkConfig } from "../spec/index.ts";
import { ChainError } from "./error.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

function withPlugin(plugin: object, version = "1.0.0"): NetworkConfig {
  return network(version, { plugins: [{ type: "one" }, { type: "two", ...plugin }] });
}

test("case R3: an IPAM plugin that is not installed fails ADD before anything is run, and STATUS", async () => {
  const list = withPlugin({ ipam: { type: "whereabouts" } });
  const runtime = recorder.open();
  const error = await rejection(runtime.add(list, conf), ChainError);
  expect(error).toMatchObject({ code: 50, type: "two", cleanupErrors: [] });
  expect(error.message).toContain('failed to find plugin "whereabouts"');
  expect(error.details).toBe('plugin "two" hands its calls on to it');
  for (const version of ["0.3.1", "1.0.0", "1.1.0"]) {
    const { ipam } = { ipam: { type: "whereabouts" } };
    const status = await rejection(runtime.status(withPlugin({ ipam }, version)), CniError);
    expect(status.code).toBe(50);
  }
  expect(recorder.sequence()).toEqual([]);
  expect(recorder.cached()).toEqual([]);
});

describe("case R3, kind: delegates by any name", () => {
  const cases: [name: string, plugin: object][] = [
    ["flannel's", { delegate: { type: "absent" } }],
    ["multus'", { delegates: [{ type: "three" }, { type: "absent" }] }],
    ["a list among multus'", { delegates: [{ name: "x", plugins: [{ type: "absent" }] }] }],
    ["that of a delegate", { delegate: { type: "three", ipam: { type: "absent" } } }],
    ["in another case", { IPAM: { Type: "absent" } }],
  ];
  test.each(cases)("%s", async (_, plugin) => {
    const error = await rejection(recorder.open().add(withPlugin(plugin), conf), ChainError);
    expect([error.code, error.type]).toEqual([50, "two"]);
    expect(recorder.sequence()).toEqual([]);
  });
});

test("what is installed, in a directory of the plugin's own too, is no obstacle", async () => {
  const binDir = join(recorder.root, "more");
  mkdirSync(binDir);
  symlinkSync(join(recorder.bin, "three"), join(binDir, "elsewhere"));
  for (const plugin of [
    { ipam: {} },
    { ipam: { type: "" } },
    { ipam: { type: "three" }, delegate: { type: "one" } },
    { binDir, delegates: [{ type: "elsewhere" }] },
  ]) {
    await recorder.open({ refuseDuplicate: false }).add(withPlugin(plugin), conf);
  }
});

test("what a delegate's configuration says without end is read to a bound", async () => {
  let delegate: object = { type: "absent" };
  for (let depth = 0; depth < 100; depth++) delegate = { type: "three", delegate };
  await recorder.open().add(withPlugin({ delegate }), conf);
  expect(recorder.sequence()).toEqual(["one ADD", "two ADD"]);
});

test("case R3, kind: of a plugin that vanishes in an ADD the others are taken back", async () => {
  recorder.behave("two", "ADD", `rm "$here/three"`, "printf '{}'");
  const error = await rejection(recorder.open().add(network(), conf), ChainError);
  expect(error.type).toBe("three");
  expect(recorder.sequence().slice(2)).toEqual(["two DEL", "one DEL"]);
  rmSync(join(recorder.bin, "one"));
});
