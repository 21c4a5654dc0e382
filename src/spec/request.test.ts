import { describe, expect, test } from "bun:test";

import { parseNetworkConfig, parsePluginConfig, withDropIns } from "./config/index.ts";
import { CniError } from "./errors.ts";
import { isObject, type JsonObject, parseJson } from "./json/index.ts";
import { deriveRequest, type RequestOptions, reservedKeys } from "./request.ts";
import { parseResult } from "./result/index.ts";

const list = (cniVersion: string) =>
  parseNetworkConfig(`{"name":"net","cniVersion":"${cniVersion}","plugins":[{"type":"x"}]}`);

function text(plugin: string, options: RequestOptions, version = "1.1.0"): string {
  return deriveRequest(list(version), parsePluginConfig(plugin), options);
}

function request(plugin: string, options: RequestOptions, version = "1.1.0"): JsonObject {
  const value = parseJson(text(plugin, options, version));
  if (!isObject(value)) throw new Error("a request must be an object");
  return value;
}

const ADD = { operation: "ADD" } as const;
const ATTACHED = ["ADD", "DEL", "CHECK"] as const;
const ALL = [...ATTACHED, "GC", "STATUS"] as const;
const prevResult = parseResult('{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.2/24"}]}', "1.1.0");

describe("deriving a request", () => {
  test.each(ALL)("R87 D25 %s gets name and version of the network", (operation) => {
    const plugin = '{"type":"x","name":"other","cniVersion":"0.3.1","Name":"n","CNIVERSION":"0"}';
    const derived = request(plugin, { operation });
    expect(derived).toMatchObject({ name: "net", cniVersion: "1.1.0", type: "x" });
    expect(Object.keys(derived).filter((key) => /^(name|cniversion)$/i.test(key))).toHaveLength(2);
  });

  test("D9 a network without version sends none", () => {
    expect(request('{"type":"x","cniVersion":"0.3.1"}', ADD, "")).toEqual({
      name: "net",
      type: "x",
    });
  });

  test("R16 D5 the plugin's own keys pass unchanged to the digit", () => {
    const own = '"n":12345678901234567890,"f":1.0,"e":1e400,"s":"<&>","o":{"z":1,"a":[-0]}';
    expect(text(`{"type":"x",${own}}`, ADD)).toBe(
      `{"cniVersion":"1.1.0","name":"net","type":"x",${own}}`,
    );
  });

  test.each(ATTACHED)("R88 %s gets the capabilities both declared and supplied", (operation) => {
    const plugin = '{"type":"x","capabilities":{"a":true,"b":false,"d":true}}';
    const capabilityArgs = { a: [1], b: 2, c: 3 };
    expect(request(plugin, { operation, capabilityArgs })).toEqual({
      cniVersion: "1.1.0",
      name: "net",
      type: "x",
      runtimeConfig: { a: [1] },
    });
  });

  test("R88 capability arguments keep their digits, and an inherited name is none", () => {
    const plugin = '{"type":"x","capabilities":{"a":true,"toString":true}}';
    const capabilityArgs = parseJson('{"a":12345678901234567890}');
    if (!isObject(capabilityArgs)) throw new Error("no object");
    expect(text(plugin, { ...ADD, capabilityArgs })).toContain(
      '"runtimeConfig":{"a":12345678901234567890}}',
    );
  });

  test("R89 D12 a fixed runtimeConfig stays unless the runtime has one", () => {
    const plugin = '{"type":"x","capabilities":{"a":true},"runtimeConfig":{"z":1}}';
    expect(request(plugin, ADD)["runtimeConfig"]).toEqual({ z: 1 });
    expect(request(plugin, { ...ADD, capabilityArgs: { a: 1 } })["runtimeConfig"]).toEqual({
      a: 1,
    });
    expect("runtimeConfig" in request('{"type":"x","capabilities":{"a":true}}', ADD)).toBe(false);
  });

  test.each(ALL)("R90 D10 capabilities do not reach %s, but do as with libcni", (operation) => {
    const plugin = '{"type":"x","capabilities":{"a":true}}';
    expect("capabilities" in request(plugin, { operation })).toBe(false);
    const compatible = request(plugin, { operation, libcni: true });
    expect(compatible["capabilities"]).toEqual({ a: true });
  });

  const others = ALL.filter((operation) => operation !== "ADD");
  test.each(others)("R91 D11 a prevResult in the configuration does not reach %s", (operation) => {
    const plugin = '{"type":"x","prevResult":{"x":1},"PrevResult":{"y":1}}';
    expect(Object.keys(request(plugin, { operation })).join()).not.toMatch(/prevResult/i);
    const compatible = request('{"type":"x","prevResult":{"x":1}}', { operation, libcni: true });
    expect(compatible["prevResult"]).toEqual({ x: 1 });
  });

  test("case R4, kind: a prevResult in the configuration reaches ADD, unless there is a real one", () => {
    const plugin = '{"type":"x","prevResult":{"x":1}}';
    expect(request(plugin, ADD)["prevResult"]).toEqual({ x: 1 });
    const given = request('{"type":"x","PrevResult":{"x":1}}', { ...ADD, prevResult });
    expect(Object.keys(given)).toEqual(["cniVersion", "name", "type", "prevResult"]);
  });

  test("R79 D13 prevResult is there when given, in the network's version", () => {
    const plugin = '{"type":"x","prevResult":{"x":1}}';
    const ips = [{ address: "10.0.0.2/24" }];
    expect(request(plugin, { ...ADD, prevResult })["prevResult"]).toEqual({
      cniVersion: "1.1.0",
      ips,
    });
    expect(request(plugin, { ...ADD, prevResult }, "0.3.1")["prevResult"]).toEqual({
      cniVersion: "0.3.1",
      ips: [{ version: "4", address: "10.0.0.2/24" }],
      dns: {},
    });
  });

  test("R45 before 0.4.0 only ADD carries prevResult", () => {
    const has = (operation: "ADD" | "DEL" | "CHECK", version: string) =>
      "prevResult" in request('{"type":"x"}', { operation, prevResult }, version);
    expect([has("ADD", "0.3.1"), has("DEL", "0.3.1"), has("CHECK", "0.3.1")]).toEqual([
      true,
      false,
      false,
    ]);
    expect([has("DEL", "0.4.0"), has("CHECK", "1.1.0")]).toEqual([true, true]);
  });

  test.each(["GC", "STATUS"] as const)("R92 D8 %s gets nothing of an attachment", (operation) => {
    const plugin = '{"type":"x","capabilities":{"a":true},"runtimeConfig":{"z":1},"k":1}';
    const derived = request(plugin, { operation, prevResult, capabilityArgs: { a: 1 } });
    expect(
      Object.keys(derived)
        .filter((key) => !key.startsWith("cni.dev/"))
        .sort(),
    ).toEqual(["cniVersion", "k", "name", "type"]);
  });

  test("R68 D20 GC lists what is valid under both keys", () => {
    const validAttachments = [{ containerId: "c1", ifName: "eth0" }];
    const listed = [{ containerID: "c1", ifname: "eth0" }];
    const derived = request('{"type":"x"}', { operation: "GC", validAttachments });
    expect(derived).toEqual({
      cniVersion: "1.1.0",
      name: "net",
      type: "x",
      "cni.dev/valid-attachments": listed,
      "cni.dev/attachments": listed,
    });
  });

  test.each([{ containerID: "web", ifname: "eth0" }, { containerId: "web" }, {}, null, "web"])(
    "D20 GC: %j is no valid attachment, and is written as none",
    (entry) => {
      const validAttachments = [{ containerId: "a", ifName: "b" }, entry as never];
      const derive = (): string => text('{"type":"x"}', { operation: "GC", validAttachments });
      expect(derive).toThrow(CniError);
      expect(derive).toThrow('valid attachment 1 must have the strings "containerId" and "ifName"');
    },
  );

  test("D20 GC with nothing valid sends an empty list, not null", () => {
    const derived = text('{"type":"x","cni.dev/attachments":[{}]}', { operation: "GC" });
    expect(derived).toContain('"cni.dev/valid-attachments":[],"cni.dev/attachments":[]}');
  });

  test.each(ALL)("R93 D12 reserved keys of the configuration do not reach %s", (operation) => {
    const plugin = '{"type":"x","cni.dev/foo":1,"CNI.dev/bar":2}';
    expect(Object.keys(request(plugin, { operation })).join()).not.toMatch(/(foo|bar)/);
    expect(request(plugin, { operation, libcni: true })["cni.dev/foo"]).toBe(1);
  });

  test("R94 what is the list's own never reaches a plugin", () => {
    const network = parseNetworkConfig(
      '{"name":"net","cniVersions":["1.0.0"],"disableCheck":true,"disableGC":true,"loadOnlyInlinedPlugins":true,"k":1,"plugins":[{"type":"x"}]}',
    );
    const [plugin] = network.plugins;
    if (plugin === undefined) throw new Error("no plugin");
    expect(deriveRequest(network, plugin, ADD)).toBe(
      '{"cniVersion":"1.0.0","name":"net","type":"x"}',
    );
  });

  test("R18 keys reserved for the runtime are named", () => {
    const plugin = '{"type":"x","runtimeConfig":{},"args":{},"cni.dev/foo":1,"k":1}';
    expect(reservedKeys(parsePluginConfig(plugin))).toEqual([
      "runtimeConfig",
      "args",
      "cni.dev/foo",
    ]);
  });

  test("the recorded chain with drop-ins comes out as libcni's, and as the specification's", () => {
    const inline =
      '{"name":"r","cniVersion":"1.1.0","plugins":[{"type":"rec","n":1,"capabilities":{"mac":true}}]}';
    const files = [
      '{"type":"rec","n":"a"}',
      '{"type":"rec","n":"b","name":"other","cniVersion":"0.3.1","prevResult":{"x":1},"runtimeConfig":{"z":1},"cni.dev/foo":1}',
    ];
    const chain = withDropIns(parseNetworkConfig(inline), files.map(parsePluginConfig));
    const requests = (libcni: boolean) =>
      chain.plugins.map((plugin, at) => {
        const previous = at === 0 ? {} : { prevResult };
        return parseJson(deriveRequest(chain, plugin, { ...ADD, ...previous, libcni }));
      });
    const own = { cniVersion: "1.1.0", name: "r", type: "rec" };
    const passed = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] };
    const b = { ...own, n: "b", prevResult: passed, runtimeConfig: { z: 1 } };
    expect(requests(true)).toEqual([
      { ...own, n: 1, capabilities: { mac: true } },
      { ...own, n: "a", prevResult: passed },
      { ...b, "cni.dev/foo": 1 },
    ]);
    expect(requests(false)).toEqual([{ ...own, n: 1 }, { ...own, n: "a", prevResult: passed }, b]);
  });
});
