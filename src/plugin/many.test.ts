import { expect, test } from "bun:test";
import { CniError } from "../spec/index.ts";
import { definePlugin } from "./definition.ts";
import { calledAs } from "./many.ts";

const of = (name: string) => definePlugin({ name, add: () => ({}), del() {} });
const plugins = [of("first"), of("net.d-tools"), of("wire")];

test.each([
  ["first", ["/opt/cni/bin/first", "/$bunfs/root/tools"], "first"],
  ["/opt/cni/bin/wire", ["/opt/cni/bin/wire"], "wire"],
  ["node", ["/usr/bin/node", "/opt/cni/bin/first"], "first"],
  ["node", ["/usr/bin/node", "/opt/cni/bin/wire.mjs"], "wire"],
  ["node", ["/usr/bin/node", "/opt/cni/bin/net.d-tools"], "net.d-tools"],
  ["tools", ["/opt/tools", "/$bunfs/root/tools", "wire"], "wire"],
])("case L7: %s %j is %s", (argv0, argv, name) => {
  expect(calledAs(plugins, { argv0, argv }).name).toBe(name);
});

test("case L7, kind: a program that is called by no plugin's name says which it has", () => {
  const call = (): unknown =>
    calledAs(plugins, { argv0: "node", argv: ["node", "/opt/cni/bin/frist"] });
  expect(call).toThrow(CniError);
  expect(call).toThrow(
    'this program is the plugins first, net.d-tools, wire, and was called as "frist"',
  );
  expect(call).toThrow("link it under one of these names: first?");
});

test("one plugin is that plugin, whatever it is called", () => {
  const [first] = plugins;
  if (first === undefined) throw new Error("no plugin");
  expect(calledAs(first, { argv0: "anything", argv: [] })).toBe(first);
  expect(() => calledAs([], { argv0: "x", argv: [] })).toThrow(RangeError);
  expect(() => calledAs([first, first], { argv0: "x", argv: [] })).toThrow(RangeError);
});
