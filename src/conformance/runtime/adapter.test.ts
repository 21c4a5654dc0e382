import { describe, expect, test } from "bun:test";
import { readDescription } from "./adapter.ts";

const WHOLE = { name: "x", operations: ["del", "add"], takes: ["ifName", "network"] };

function read(more: object): unknown {
  return readDescription("/adapter", JSON.stringify({ ...WHOLE, ...more }));
}

test("what an adapter does not say has its default, and lists are in the suite's order", () => {
  expect(read({})).toEqual({
    ...{ path: "/adapter", name: "x", version: "" },
    versions: ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
    operations: ["add", "del"],
    abilities: ["network", "ifName"],
    ...{ confDir: undefined, pluginDir: undefined, directories: [], callSeconds: undefined },
  });
  const more = { versions: ["1.0.0", "0.4.0"], confDir: "/etc/cni/net.d", callSeconds: 30 };
  expect(read(more)).toMatchObject({ ...more, versions: ["0.4.0", "1.0.0"] });
});

describe("a mistake in an answer to describe is named", () => {
  const cases: [object, string][] = [
    [{ operation: ["add"] }, 'has no key "operation"; it knows name,'],
    [{ takes: ["iface"] }, '"takes" must be a list of some of network, netns,'],
    [{ operations: ["add"] }, '"operations" must have "del"'],
    [{ versions: ["2.0.0"] }, '"versions" must be a list of some of 0.1.0,'],
    [{ name: "" }, '"name" must be a text'],
    [{ confDir: "net.d" }, '"confDir" must be an absolute path'],
    [{ callSeconds: 0 }, '"callSeconds" must be a number above 0'],
  ];
  test.each(cases)("%j", (more, message) => {
    expect(() => read(more)).toThrow(message);
  });

  test.each([
    ["", "is not JSON"],
    ["[]", "must be an object"],
    ['{"operations": ["add", "del"]}', 'must have "name"'],
  ])("%j", (text, message) => {
    expect(() => readDescription("/adapter", text)).toThrow(message);
  });
});
