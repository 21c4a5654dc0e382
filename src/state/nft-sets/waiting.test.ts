import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Attachment } from "../../spec/index.ts";
import { WaitingClaims } from "./waiting.ts";

// P1: attachments that want one key stand in a queue.

const layout = { family: "inet", table: "test_claims" } as const;
const set = { ...layout, name: "ports" };
const place = { set, key: new Uint8Array([6, 31, 144]) };
const other = { set, key: new Uint8Array([17, 31, 144]) };
const claim = (data: number) => ({
  set,
  element: { key: place.key, data: new Uint8Array([data]) },
});
const of = (containerId: string): Attachment => ({ network: "net1", containerId, ifName: "eth0" });

let stateDir = "";
let queue = new WaitingClaims("", "", layout);
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "waiting-"));
  queue = new WaitingClaims(stateDir, "boot1", layout);
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const turns = (): string[] => queue.of(place).map(({ owner }) => owner.containerId);

test("case P1: claims have their turns in the order in which they came, with all that their elements need", () => {
  expect(queue.isEmpty()).toBe(true);
  const netns = { dev: 4n, ino: 4_026_531_840n, cookie: 7n };
  queue.join(of("z"), claim(1), netns);
  queue.join(of("a"), claim(2), undefined);
  queue.join(of("m"), { set, element: { key: place.key } }, undefined);
  expect(turns()).toEqual(["z", "a", "m"]);
  const [first, , third] = queue.of(place);
  expect(first).toEqual({
    owner: of("z"),
    mark: "net1 z eth0",
    netns,
    turn: 1,
    set,
    element: {
      key: Buffer.from(place.key),
      data: Buffer.from([1]),
      comment: "net1 z eth0",
    },
  });
  expect(third?.element.data).toBeUndefined();
  expect(queue.waited([other, place])).toEqual([place]);
});

test("case P1: a claim that is made again keeps its turn, one that comes back stands at the end", () => {
  for (const name of ["a", "b", "c"]) queue.join(of(name), claim(1), undefined);
  queue.join(of("a"), claim(9), undefined);
  expect(turns()).toEqual(["a", "b", "c"]);
  expect(queue.of(place)[0]?.element.data).toEqual(Buffer.from([9]));
  queue.remove(queue.of(place).filter(({ owner }) => owner.containerId === "a"));
  queue.join(of("a"), claim(1), undefined);
  expect(turns()).toEqual(["b", "c", "a"]);
});

test("case P1: two that came at one time have one order for everybody", () => {
  for (const name of ["b", "a"]) queue.join(of(name), claim(1), undefined);
  const [directory = ""] = readdirSync(join(stateDir, "waiting", layout.table));
  const path = join(stateDir, "waiting", layout.table, directory);
  for (const name of readdirSync(path)) {
    const text = readFileSync(join(path, name), "utf8");
    const record = JSON.parse(text) as { data: { turn: number } };
    record.data.turn = 1;
    writeFileSync(join(path, name), JSON.stringify(record));
  }
  expect(turns()).toEqual(["a", "b"]);
});

test("case P1: the last claim that goes takes its directories along", () => {
  queue.join(of("a"), claim(1), undefined);
  queue.join(of("b"), claim(1), undefined);
  const [first, second] = queue.of(place);
  queue.remove(first === undefined ? [] : [first]);
  expect(queue.isEmpty()).toBe(false);
  queue.remove(second === undefined ? [] : [second]);
  expect(queue.isEmpty()).toBe(true);
  expect(existsSync(join(stateDir, "waiting", layout.table))).toBe(false);
  queue.remove(second === undefined ? [] : [second]);
});

test("case P1: claims of an earlier boot, torn ones and strangers' files are none", () => {
  new WaitingClaims(stateDir, "boot0", layout).join(of("old"), claim(1), undefined);
  queue.join(of("a"), claim(1), undefined);
  const [directory = ""] = readdirSync(join(stateDir, "waiting", layout.table));
  const path = join(stateDir, "waiting", layout.table, directory);
  writeFileSync(join(path, "torn.json"), '{"network":');
  writeFileSync(join(path, "other.txt"), "what is this");
  expect(turns()).toEqual(["a"]);
  expect(queue.all()).toHaveLength(1);
  queue.removeOutlived();
  expect(readdirSync(path)).toHaveLength(3);
  expect(turns()).toEqual(["a"]);
});
