import { describe, expect, test } from "bun:test";

import { CniError } from "../errors.ts";
import { printJson } from "../json/index.ts";
import { parseNetworkConfig, parsePluginConfig, upconvert, withDropIns } from "./index.ts";

const LIST = "error parsing configuration list: ";

function thrown(run: () => unknown): { code: number; msg: string } {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    return { code: error.code, msg: error.msg };
  }
  throw new Error("nothing was thrown");
}

function list(more: object): string {
  return JSON.stringify({ name: "net", cniVersion: "1.1.0", plugins: [{ type: "a" }], ...more });
}

describe("reading a network's configuration", () => {
  test.each(["{", "", '{"name":}', "nope"])("R1 %j is no JSON: code 6 and the place", (text) => {
    const { code, msg } = thrown(() => parseNetworkConfig(text));
    expect(code).toBe(6);
    expect(msg).toStartWith(`${LIST}line 1:`);
  });

  test.each(["[]", '"x"', "null", "5", "1.0"])("R1 %s is no object: code 7", (text) => {
    const { code, msg } = thrown(() => parseNetworkConfig(text));
    expect(code).toBe(7);
    expect(msg).toContain("must be a JSON object");
  });

  // Texts as libcni has them.
  test.each([
    ["R6", { name: undefined }, "no name"],
    ["R6", { name: 1 }, "invalid name type float64"],
    ["R6", { name: null }, "invalid name type <nil>"],
    ["R6 D23", { name: "" }, "missing network name"],
    ["R6 D23", { name: "../evil" }, "invalid characters found in network name"],
    ["R2", { cniVersion: 1 }, "invalid cniVersion type float64"],
    ["R2", { cniVersion: {} }, "invalid cniVersion type map[string]interface {}"],
    ["R3", { cniVersions: "1.0.0" }, "invalid type for cniVersions: string"],
    ["R3", { cniVersions: ["1.0.0", 2] }, "invalid type for cniVersions index 1: float64"],
    ["R10", { disableCheck: 1 }, "invalid type float64 for disableCheck"],
    ["R10", { disableGC: "yes" }, 'invalid value "yes" for disableGC'],
    [
      "R10",
      { loadOnlyInlinedPlugins: [] },
      "invalid type []interface {} for loadOnlyInlinedPlugins",
    ],
    [
      "R13",
      { loadOnlyInlinedPlugins: true, plugins: undefined },
      "`loadOnlyInlinedPlugins` is true, and no 'plugins' key",
    ],
    ["R14", { plugins: {} }, "invalid 'plugins' type map[string]interface {}"],
    ["R14", { plugins: [] }, "no plugins in list"],
    [
      "R14",
      { plugins: [{ type: "a" }, {}] },
      "failed to parse plugin config 1: error parsing configuration: missing 'type'",
    ],
    [
      "R15",
      { plugins: [{ type: "../x" }] },
      "failed to parse plugin config 0: error parsing configuration: invalid plugin name: ../x",
    ],
  ])("%s %j is refused: %s", (_rule, more, msg) => {
    expect(thrown(() => parseNetworkConfig(list(more)))).toEqual({ code: 7, msg: LIST + msg });
  });

  test.each([
    [{ cniVersion: "x" }, "invalid cniVersion x: "],
    [{ cniVersion: "1.0.0-rc1" }, "invalid cniVersion 1.0.0-rc1: "],
    [{ cniVersions: ["1.0.f"] }, "invalid cniVersions entry 1.0.f at index 0: "],
  ])("R3 D24 the bad version in %j is an error at load", (more, start) => {
    const { code, msg } = thrown(() => parseNetworkConfig(list(more)));
    expect(code).toBe(7);
    expect(msg).toStartWith(LIST + start);
  });

  test.each([[5], [null], ["x"], [[]]])("R14 a plugin %j is refused", (plugin) => {
    const { code, msg } = thrown(() => parseNetworkConfig(list({ plugins: [plugin] })));
    expect(code).toBe(7);
    expect(msg).toStartWith(
      `${LIST}failed to parse plugin config 0: error parsing configuration: `,
    );
  });

  test("R2 D9 a configuration without version has none", () => {
    const network = parseNetworkConfig(list({ cniVersion: undefined }));
    expect([network.cniVersion, network.cniVersions]).toEqual(["", []]);
  });

  test("R4 the highest version is selected and all are kept", () => {
    const network = parseNetworkConfig(
      list({ cniVersion: "1.0.0", cniVersions: ["1.1.0", "0.4.0", "99.0.0"] }),
    );
    expect(network.cniVersion).toBe("1.1.0");
    expect(network.cniVersions).toEqual(["0.4.0", "1.0.0", "1.1.0", "99.0.0"]);
  });

  test("R8 R9 R10 booleans are false by default and may be text in any case", () => {
    expect(parseNetworkConfig(list({}))).toMatchObject({
      disableCheck: false,
      disableGC: false,
      loadOnlyInlinedPlugins: false,
    });
    const more = { disableCheck: "TRUE", disableGC: true, loadOnlyInlinedPlugins: "False" };
    expect(parseNetworkConfig(list(more))).toMatchObject({
      disableCheck: true,
      disableGC: true,
      loadOnlyInlinedPlugins: false,
    });
  });

  test("R22 keys of a later version do not disturb an older one", () => {
    const text = list({ cniVersion: "1.0.0", disableGC: true, newKey: { x: 1 } });
    expect(parseNetworkConfig(text).cniVersion).toBe("1.0.0");
  });

  test("the text is kept as it was", () => {
    const text = ` ${list({})}\n`;
    expect(parseNetworkConfig(text).text).toBe(text);
  });
});

describe("plugins from elsewhere", () => {
  const dropIns = ["b", "c"].map((type) => parsePluginConfig(`{"type":"${type}"}`));
  const types = (text: string, added = dropIns) =>
    withDropIns(parseNetworkConfig(text), added).plugins.map((plugin) => plugin.type);

  test("R11 D3 drop-in plugins run after the list's own", () => {
    expect(types(list({}))).toEqual(["a", "b", "c"]);
    expect(types(list({ plugins: undefined }))).toEqual(["b", "c"]);
  });

  test("R12 D3 a list that wants only its own gets no others", () => {
    expect(types(list({ loadOnlyInlinedPlugins: true }))).toEqual(["a"]);
  });

  test("a network that ends up without plugins is an error", () => {
    expect(thrown(() => types(list({ plugins: undefined }), []))).toEqual({
      code: 7,
      msg: "no plugin configs found",
    });
  });

  test("the list it is merged into does not change", () => {
    const network = parseNetworkConfig(list({}));
    withDropIns(network, dropIns);
    expect(network.plugins).toHaveLength(1);
  });
});

describe("a single plugin's configuration", () => {
  test("R16 unknown keys are kept to the digit", () => {
    const text = '{"type":"a","n":12345678901234567890,"f":1.0,"s":"<&>","o":{"z":1,"a":[2]}}';
    expect(printJson(parsePluginConfig(text).json)).toBe(text);
  });

  test("R17 capabilities are booleans", () => {
    const text = '{"type":"a","capabilities":{"mac":true,"ips":false,"x":null,"__proto__":true}}';
    const { capabilities } = parsePluginConfig(text);
    expect(Object.entries(capabilities)).toEqual([
      ["mac", true],
      ["ips", false],
      ["x", false],
      ["__proto__", true],
    ]);
    const { code, msg } = thrown(() =>
      parsePluginConfig('{"type":"a","capabilities":{"a":"yes"}}'),
    );
    expect(code).toBe(7);
    expect(msg).toContain("capabilities.a");
  });

  test.each([
    ['{"type":"a","ipam":"x"}', "ipam"],
    ['{"type":"a","ipam":{"type":1}}', "ipam.type"],
    ['{"type":"a","dns":[]}', "dns"],
    ['{"type":"a","dns":{"nameservers":"8.8.8.8"}}', "dns.nameservers"],
    ['{"type":"a","dns":{"search":[1]}}', "dns.search"],
    ['{"type":"a","dns":{"domain":{}}}', "dns.domain"],
    ['{"type":"a","prevResult":[]}', "prevResult"],
    ['{"type":"a","name":1}', "name"],
    ['{"type":"a","cniVersion":1.0}', "cniVersion"],
    ['{"type":7}', "type"],
  ])("R19 %s is refused for its %s", (text, key) => {
    const { code, msg } = thrown(() => parsePluginConfig(text));
    expect(code).toBe(7);
    expect(msg).toMatch(
      new RegExp(`^error parsing configuration: invalid type \\S+ \\S*.*for ${key}:`),
    );
  });

  test("R19 null is as good as absent", () => {
    expect(
      parsePluginConfig('{"type":"a","ipam":null,"dns":null,"name":null}').name,
    ).toBeUndefined();
  });

  test("R21 args may hold anything", () => {
    const text = '{"type":"a","args":{"cni":{"labels":[{"key":"a","value":"b"}]},"x":5}}';
    expect(printJson(parsePluginConfig(text).json)).toBe(text);
  });

  test("R23 a single object becomes a list of one with its own name and version", () => {
    const plugin = parsePluginConfig('{"type":"a","name":"old","cniVersion":"0.2.0","n":1.0}');
    const network = upconvert(plugin);
    expect(network).toMatchObject({ name: "old", cniVersion: "0.2.0", disableCheck: false });
    expect(network.plugins.map((one) => printJson(one.json))).toEqual([printJson(plugin.json)]);
    expect(network.text).toContain('"n":1.0');
    expect(thrown(() => upconvert(parsePluginConfig('{"type":"a"}'))).msg).toContain(
      "missing network name",
    );
  });

  test("R23 a list where one plugin belongs is told apart", () => {
    expect(thrown(() => parsePluginConfig(list({}))).msg).toContain("list of plugins");
  });
});
