import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Node, networkText, programText } from "../../tests/support/installation.ts";
import { CniError } from "../spec/index.ts";
import { install, planned } from "./index.ts";

function refusal(action: () => unknown): CniError {
  try {
    action();
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Remembers a container as a runtime does; its namespace lives. */
function attach(node: Node, containerId = "c1"): void {
  const results = join(node.home, "cache/results");
  mkdirSync(results, { recursive: true });
  const entry = {
    ...{
      kind: "cniCacheV1",
      containerId,
      config: Buffer.from(networkText("1")).toString("base64"),
    },
    ...{ ifName: "eth0", networkName: "nodenet", netns: "/proc/self/ns/net" },
    result: { cniVersion: "1.0.0" },
  };
  writeFileSync(join(results, `nodenet-${containerId}-eth0`), JSON.stringify(entry));
}

test("a release that reads what is kept takes the place of a newer one", () => {
  using node = new Node();
  install(node.request("2"));
  attach(node);
  install(node.request("1"));
  expect(node.read("hawser")).toBe(programText("1"));
});

test("one that does not is refused while containers are attached, and nothing is changed", () => {
  using node = new Node();
  install(node.request("2", { state: node.state(2) }));
  for (let number = 1; number <= 7; number++) attach(node, `c${number}`);
  for (const attempt of [install, planned]) {
    const { code, msg, details } = refusal(() => attempt(node.request("1")));
    expect(code).toBe(11);
    expect(msg).toBe("nothing was done: Hawser 2 is installed, and 1 cannot read what it keeps");
    expect(details).toContain("c1:eth0, c2:eth0, c3:eth0, c4:eth0, c5:eth0 and 2 more");
  }
  expect(node.read("hawser")).toBe(programText("2"));
});

test("with nothing attached it is installed, and the next one finds its format", () => {
  using node = new Node();
  install(node.request("2", { state: node.state(2) }));
  install(node.request("1"));
  expect(node.read("hawser")).toBe(programText("1"));
  attach(node);
  install(node.request("1.1"));
  expect(node.read("hawser")).toBe(programText("1.1"));
});

test("a list without a format is of the first one", () => {
  using node = new Node();
  install(node.request("1"));
  const manifest = JSON.parse(node.read(".hawser-installed.json")) as { state?: number };
  expect(manifest.state).toBe(1);
  delete manifest.state;
  writeFileSync(node.bin(".hawser-installed.json"), JSON.stringify(manifest));
  attach(node);
  install(node.request("1"));
  expect(node.read("hawser")).toBe(programText("1"));
});

test("a list of files in a format that is not known yet is named with its writer, and stays", () => {
  using node = new Node();
  install(node.request("1"));
  const text = '{"format":2,"hawser":"7.0.0","files":{}}';
  writeFileSync(node.bin(".hawser-installed.json"), text);
  const { code, msg } = refusal(() => install(node.request("1")));
  expect(code).toBe(5);
  expect(msg).toContain(".hawser-installed.json was written by Hawser 7.0.0, which is newer");
  expect(node.read(".hawser-installed.json")).toBe(text);
});
