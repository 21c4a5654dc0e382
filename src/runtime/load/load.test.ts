import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { CniError, type JsonObject } from "../../spec/index.ts";
import { NetworkNotFoundError, NoNetworksError } from "./error.ts";
import { configFiles } from "./files.ts";
import { loadNetwork, loadNetworkFile, loadNetworks, loadPluginFile } from "./load.ts";
import { networkFrom, networkFromText } from "./parse.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-test-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, content: unknown): string {
  const file = join(dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function list(name: string, ...types: string[]): object {
  return { cniVersion: "1.0.0", name, plugins: types.map((type) => ({ type })) };
}

function types(network: { config: { plugins: readonly { type: string }[] } }): string[] {
  return network.config.plugins.map(({ type }) => type);
}

describe("configFiles", () => {
  test("files with the extensions, sorted, no directories", () => {
    for (const name of ["b.conf", "a.conf", "c.json", "d.conflist", "README"]) put(name, "");
    mkdirSync(join(dir, "e.conf"));
    expect(configFiles(dir, [".conf", ".json"]).map((file) => basename(file))).toEqual([
      "a.conf",
      "b.conf",
      "c.json",
    ]);
  });

  test("a missing directory has none, a file in its place is an error", () => {
    expect(configFiles(join(dir, "absent"), [".conf"])).toEqual([]);
    expect(() => configFiles(put("file", ""), [".conf"])).toThrow("failed to read configuration");
  });
});

describe("loadNetwork", () => {
  test("R11 drop-in plugins follow the network's own, in order of their file names", () => {
    const file = put("10-r.conflist", list("r", "inline"));
    put("r/10-b.conf", { type: "b" });
    put("r/05-a.conf", { type: "a" });
    put("r/01.json", { type: "ignored" });
    put("r/README", "ignored");
    put("r/sub/20-c.conf", { type: "ignored" });
    const loaded = loadNetwork(dir, "r");
    expect(types(loaded)).toEqual(["inline", "a", "b"]);
    expect(loaded.file).toBe(file);
    expect(loaded.origins).toEqual([file, join(dir, "r/05-a.conf"), join(dir, "r/10-b.conf")]);
    expect(loaded.skipped).toEqual([]);
    expect(loaded.warnings).toEqual([]);
  });

  test("R12 a network that wants only its own plugins gets no others", () => {
    put("r.conflist", { ...list("r", "inline"), loadOnlyInlinedPlugins: true });
    put("r/05-a.conf", { type: "a" });
    expect(types(loadNetwork(dir, "r"))).toEqual(["inline"]);
  });

  test("R11 a network can consist of drop-in plugins alone, but not of nothing", () => {
    put("r.conflist", { cniVersion: "1.0.0", name: "r" });
    expect(() => loadNetwork(dir, "r")).toThrow("no plugin configs found");
    put("r/05-a.conf", { type: "a" });
    expect(types(loadNetwork(dir, "r"))).toEqual(["a"]);
  });

  test("R14 a drop-in plugin that is broken fails the network, and is named", () => {
    put("r.conflist", list("r", "inline"));
    const file = put("r/05-a.conf", { name: "no type" });
    expect(() => loadNetwork(dir, "r")).toThrow(
      `${file}: error parsing configuration: missing 'type'`,
    );
  });

  test("R7 the first file with the name wins, and the others are told", () => {
    put("20.conflist", list("n", "second"));
    put("10.conflist", list("n", "first"));
    put("30.conf", { cniVersion: "0.4.0", name: "n", type: "third" });
    const loaded = loadNetwork(dir, "n");
    expect(types(loaded)).toEqual(["first"]);
    expect(loaded.warnings).toEqual([
      'network "n" is configured more than once: 10.conflist is used, 20.conflist, 30.conf not',
    ]);
  });

  test("a broken file of another network is told, and does not matter", () => {
    put("00-broken.conflist", "{");
    put("01-empty.conflist", { cniVersion: "1.0.0", name: "empty", plugins: [] });
    put("02-good.conflist", list("good", "a"));
    const loaded = loadNetwork(dir, "good");
    expect(types(loaded)).toEqual(["a"]);
    expect(loaded.skipped.map(({ file }) => basename(file))).toEqual([
      "00-broken.conflist",
      "01-empty.conflist",
    ]);
    expect(loaded.skipped[0]?.error.message).toContain("error parsing configuration list");
  });

  test("a broken file is named when the network is not found: it may be the one", () => {
    put("00-broken.conflist", "{");
    const load = (): unknown => loadNetwork(dir, "missing");
    expect(load).toThrow(NetworkNotFoundError);
    expect(load).toThrow(`no net configuration with name "missing" in ${dir}`);
    expect(load).toThrow("00-broken.conflist");
  });

  test("an empty or missing directory has no networks", () => {
    expect(() => loadNetwork(dir, "n")).toThrow(NoNetworksError);
    expect(() => loadNetwork(join(dir, "absent"), "n")).toThrow("no net configurations found in");
  });

  test("R23 a single plugin's file is a list of one, without drop-ins", () => {
    put("n.conf", { cniVersion: "0.3.1", name: "n", type: "a", x: 1 });
    put("n/05-b.conf", { type: "b" });
    const loaded = loadNetwork(dir, "n");
    expect(types(loaded)).toEqual(["a"]);
    expect(loaded.config).toMatchObject({ name: "n", cniVersion: "0.3.1" });
  });

  test("R23 a list is preferred to a single plugin of the same name", () => {
    put("00.conf", { cniVersion: "0.3.1", name: "n", type: "single" });
    put("99.conflist", list("n", "listed"));
    expect(types(loadNetwork(dir, "n"))).toEqual(["listed"]);
  });

  test("a list in a file named .conf is told what to do", () => {
    const file = put("n.conf", list("n", "a"));
    expect(() => loadNetwork(dir, "n")).toThrow("rename it to end in .conflist");
    expect(() => loadPluginFile(file)).toThrow("rename it to end in .conflist");
  });

  test("comments are taken, in lists, drop-ins and single files, and kept from plugins", () => {
    put(
      "r.conflist",
      '{"cniVersion":"1.0.0", // one\n "name":"r","plugins":[{"type":"a","u":"//no"}]}',
    );
    put("r/1.conf", '/* two */ {"type":"b"}');
    put("s.conf", '{"name":"s","type":"c"} // three');
    const loaded = loadNetwork(dir, "r");
    expect(types(loaded)).toEqual(["a", "b"]);
    expect(loaded.config.plugins[0]?.json).toEqual({ type: "a", u: "//no" });
    expect(JSON.parse(loaded.config.text)).toHaveProperty("name", "r");
    expect(types(loadNetwork(dir, "s"))).toEqual(["c"]);
  });

  test.each(["../evil", "a/b", "", ".hidden", "a b", "a\n", "ä"])(
    "R6 D23 the name %j never becomes a path",
    (name) => {
      put("n.conflist", list("n", "a"));
      expect(() => loadNetwork(dir, name)).toThrow(CniError);
    },
  );

  test("D23 a name in a file never leads its drop-ins elsewhere", () => {
    put("conf/evil.conflist", list("../evil", "a"));
    put("evil/1.conf", { type: "outside" });
    const file = join(dir, "conf", "evil.conflist");
    expect(() => loadNetworkFile(file)).toThrow("invalid characters found in network name");
  });

  test("R1 what is no object, and what is too large or no file, is refused", () => {
    for (const text of ["[]", '"x"', "{", ""]) {
      expect(() => loadNetworkFile(put("x.conflist", text))).toThrow(
        "error parsing configuration list",
      );
    }
    expect(() => loadNetworkFile(put("x.conflist", " ".repeat(5_000_000)))).toThrow(
      "is larger than 4194304 bytes",
    );
    expect(() => loadNetworkFile(dir)).toThrow("no regular file");
    expect(() => loadNetworkFile(join(dir, "absent"))).toThrow("error reading");
    spawnSync("mkfifo", [join(dir, "pipe.conflist")]);
    expect(() => loadNetworkFile(join(dir, "pipe.conflist"))).toThrow("no regular file");
    expect(() => loadNetworkFile(put("deep.conflist", "[".repeat(1_000_000)))).toThrow("nested");
  });
});

describe("loadNetworks", () => {
  test("all networks, each once, and what was passed over", () => {
    put("1.conflist", list("a", "x"));
    put("2.conflist", list("a", "y"));
    put("3.conf", { name: "b", type: "z" });
    put("4.conflist", "{");
    put("5.conflist", list("c", "x"));
    put("c/1.conf", "{}");
    const { networks, skipped, warnings } = loadNetworks(dir);
    expect(networks.map(({ config }) => config.name)).toEqual(["a", "b"]);
    expect(skipped.map(({ file }) => basename(file))).toEqual(["4.conflist", "5.conflist"]);
    expect(warnings).toHaveLength(1);
  });
});

describe("mistakes in a file", () => {
  function mistake(load: () => unknown): CniError {
    try {
      load();
    } catch (error) {
      return CniError.from(error);
    }
    throw new Error("nothing was thrown");
  }

  test("case K14: a syntax error names its file once, and shows the line", () => {
    const file = put(
      "10-bad.conflist",
      '{"cniVersion":"1.0.0",\n"name":"bad",\n"plugins":[{"a":1 "b":2}]}',
    );
    for (const load of [() => loadNetwork(dir, "bad"), () => loadNetworkFile(file)]) {
      const error = mistake(load);
      expect(error.code).toBe(6);
      expect(error.msg).toStartWith(`${file}: error parsing configuration list: line 3:19: `);
      expect(error.message.split(file)).toHaveLength(2);
      expect(error.details).toBe('line 3: "plugins":[{"a":1 ⟨here⟩"b":2}]}');
    }
  });

  test("case K14, kind: a broken file of another network is told once, and is not the headline", () => {
    const file = put("bad.conflist", "{");
    put("good.conflist", list("good", "one"));
    const error = mistake(() => loadNetwork(dir, "other"));
    expect(error).toBeInstanceOf(NetworkNotFoundError);
    expect(error.message.split(file)).toHaveLength(2);
    expect((error as NetworkNotFoundError).networks).toEqual(["good"]);
  });

  test("case K14, kind: a wrong value is shown with its line, without what a terminal would obey", () => {
    const file = put("badw.conflist", '{"name":"badw",\n\t"plugins":{"\u009b1m":1}}');
    const error = mistake(() => loadNetworkFile(file));
    expect(error.msg).toContain("invalid 'plugins' type");
    expect(error.details).toBe('line 2:  "plugins":{" 1m":1}}');
  });

  test("case R5: a single plugin's object in a .conflist says what to do", () => {
    const file = put("solo.conflist", { cniVersion: "1.0.0", name: "solo", type: "bridge" });
    const error = mistake(() => loadNetwork(dir, "solo"));
    expect(error.code).toBe(7);
    expect(error.msg).toBe(
      `${file} holds a single plugin's configuration, but its name is that of a list of plugins: ` +
        'no plugin configs found; put the object into "plugins", or rename the file to end in .conf',
    );
  });

  test("case R5, kind: so does the file by its path, and one that has another case", () => {
    const file = put("solo.conflist", { cniVersion: "1.0.0", name: "solo", Type: "bridge" });
    expect(mistake(() => loadNetworkFile(file)).msg).toContain("rename the file to end in .conf");
  });

  test("case R5, kind: a list in a file for one plugin is said where the network is searched, too", () => {
    put("wrong.conf", list("wrong", "one"));
    expect(mistake(() => loadNetwork(dir, "wrong")).msg).toContain("rename it to end in .conflist");
  });
});

describe("case L6: a network from a value", () => {
  test("is the same as from its text", () => {
    const value = {
      ...{ cniVersion: "1.1.0", name: "net" },
      plugins: [{ type: "a", n: 1, f: 1.5, o: { x: [null, true] }, gone: undefined }],
    };
    const { plugins, text, ...rest } = networkFrom(value as unknown as JsonObject);
    expect(text).toBe(JSON.stringify(value));
    const { plugins: others, text: _, ...same } = networkFromText(text);
    expect([rest, plugins]).toEqual([same, others]);
    value.plugins.push({ type: "b" } as never);
    expect(plugins).toHaveLength(1);
  });

  test.each([
    [Number.NaN, "NaN"],
    [Infinity, "Infinity"],
    [5n, "5"],
    [() => 1, "() => 1"],
    [new Date(0), "[object Date]"],
    [new Map(), "[object Map]"],
    [[undefined], "undefined"],
  ])("what JSON cannot express is code 7 and named: %p", (bad, shown) => {
    const value = { name: "n", plugins: [{ type: "a", bad }] } as unknown as JsonObject;
    expect(() => networkFrom(value)).toThrow(/"plugins\[0\]\.bad/u);
    expect(() => networkFrom(value)).toThrow(shown);
  });

  test("one that holds itself is refused", () => {
    const loop: JsonObject = {};
    loop["loop"] = loop;
    expect(() => networkFrom({ name: "n", plugins: [loop] })).toThrow("nested too deeply");
  });
});
