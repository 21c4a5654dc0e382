import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FORM, type RecordedCall } from "../form/index.ts";
import { CallLog, DEFAULT_MAX_BYTES, Recorder, Switch } from "./index.ts";

let state = "";
let directory = "";
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "recording-"));
  directory = join(state, "recording");
  new Switch(state).on(ON);
});
afterEach(() => rmSync(state, { recursive: true }));

const ON = { since: "2026-11-30T00:00:00.000Z", maxBytes: DEFAULT_MAX_BYTES };
let count = 0;

function call(more: Partial<RecordedCall> = {}): RecordedCall {
  const id = (++count).toString(16).padStart(16, "0");
  return {
    ...{ v: FORM, id, time: new Date(1e12 + count).toISOString(), traceId: "t", door: "daemon" },
    ...{ operation: "ADD", plugin: "bridge", network: "dbnet", containerId: "c1", ifName: "eth0" },
    ...{ netns: "", cwd: "/", env: {}, stdin: "{}", stdinLength: 2, masked: [], cut: [], pid: 1 },
    ...{ exitCode: 0, stdout: "", stderr: "", at: 0, ms: 1, steps: [], calls: [] },
    ...more,
  };
}

const recorder = (): Recorder => new Recorder(state, new Switch(state));
const idsOf = (): string[] => new CallLog(state).all().map(({ id }) => id);

test("a call is recorded while the switch is on, for root alone", () => {
  const [first, second] = [call(), call()];
  recorder().take(first);
  expect(new CallLog(state).all()).toEqual([first]);
  for (const name of readdirSync(directory)) {
    expect([name, statSync(join(directory, name)).mode & 0o777]).toEqual([name, 0o600]);
  }
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  const running = recorder();
  new Switch(state).off();
  running.take(second);
  expect(idsOf()).toEqual([first.id]);
});

test("the switch is seen by a process that has looked before, and ends by itself", () => {
  const at = new Switch(state);
  expect(at.look()).toEqual(ON);
  new Switch(state).on({ ...ON, networks: ["a"] });
  expect(at.look()?.networks).toEqual(["a"]);
  new Switch(state).on({ ...ON, until: "2026-11-30T01:00:00.000Z" });
  expect(at.look(new Date("2026-11-30T00:59:59Z"))).toBeDefined();
  expect(at.look(new Date("2026-11-30T01:00:00Z"))).toBeUndefined();
  new Switch(state).off();
  expect(at.look()).toBeUndefined();
});

test("of some networks alone nothing of others is recorded", () => {
  new Switch(state).on({ ...ON, networks: ["dbnet"] });
  const [mine, other] = [call(), call({ network: "other" })];
  recorder().take(other);
  recorder().take(mine);
  expect(idsOf()).toEqual([mine.id]);
});

test("of some operations alone nothing else is recorded", () => {
  new Switch(state).on({ ...ON, operations: ["ADD", "DEL"] });
  const [add, status] = [call(), call({ operation: "STATUS" })];
  recorder().take(status);
  recorder().take(add);
  expect([idsOf(), new Switch(state).look()?.operations]).toEqual([[add.id], ["ADD", "DEL"]]);
});

describe("what is no switch switches nothing on", () => {
  const cases: readonly (readonly [string, (path: string) => void])[] = [
    ["a link", (path) => symlinkSync("/etc/hostname", path)],
    ["a directory", (path) => mkdirSync(path)],
    ["no JSON", (path) => writeFileSync(path, "on")],
    ["other JSON", (path) => writeFileSync(path, '["on"]')],
    ["far too much text", (path) => writeFileSync(path, " ".repeat(1_000_000))],
  ];
  test.each(cases)("%s", (_, make) => {
    const path = join(directory, "on.json");
    rmSync(path);
    make(path);
    expect(new Switch(state).look()).toBeUndefined();
    recorder().take(call());
    expect(new CallLog(state).all()).toEqual([]);
  });
});

test("the recording keeps its size, and the newest calls", () => {
  const maxBytes = 1024 * 1024;
  new Switch(state).on({ ...ON, maxBytes });
  const running = recorder();
  const taken: string[] = [];
  for (let at = 0; at < 400; at++) {
    const one = call({ stdout: "x".repeat(10_000) });
    running.take(one);
    taken.push(one.id);
  }
  const log = new CallLog(state);
  expect(log.size()).toBeLessThan(maxBytes);
  const kept = idsOf();
  expect(kept.length).toBeGreaterThan(60);
  expect(kept).toEqual(taken.slice(-kept.length));
  log.clear();
  expect([log.size(), idsOf()]).toEqual([0, []]);
});

test("several processes may turn the files over at once, and lose no file's worth", async () => {
  const maxBytes = 1024 * 1024;
  const source = `
    const { CallLog } = await import(${JSON.stringify(join(import.meta.dir, "index.ts"))});
    const log = new CallLog(${JSON.stringify(state)});
    const call = ${JSON.stringify(call({ stdout: "x".repeat(5000) }))};
    for (let at = 0; at < 150; at++) log.add(call, ${maxBytes});
  `;
  const children = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, "-e", source]));
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
  expect(new CallLog(state).all().length).toBeGreaterThan(90);
  expect(new CallLog(state).size()).toBeLessThan(1.1 * maxBytes);
});

test("a link in the place of the file is taken away, and not written through", () => {
  const victim = join(state, "victim");
  writeFileSync(victim, "mine");
  symlinkSync(victim, join(directory, "calls.jsonl"));
  const [first, second] = [call(), call()];
  recorder().take(first);
  expect([readFileSync(victim, "utf8"), idsOf()]).toEqual(["mine", [first.id]]);
  rmSync(join(directory, "calls.jsonl"));
  linkSync(victim, join(directory, "calls.jsonl"));
  recorder().take(second);
  expect([readFileSync(victim, "utf8"), idsOf()]).toEqual(["mine", [second.id]]);
});

test("a link in the place of an older file is not read", () => {
  writeFileSync(join(state, "other"), `${JSON.stringify(call())}\n`);
  symlinkSync(join(state, "other"), join(directory, "calls.jsonl.1"));
  expect(idsOf()).toEqual([]);
});

test("a torn line spoils no other", () => {
  const [before, torn, after] = [call(), call(), call()];
  recorder().take(before);
  const half = JSON.stringify(torn).slice(0, 100);
  writeFileSync(join(directory, "calls.jsonl"), half, { flag: "a" });
  recorder().take(after);
  expect(idsOf()).toEqual([before.id, after.id]);
});

test("a reader gives what is new, also when the file is turned over meanwhile", () => {
  const log = new CallLog(state);
  const reader = log.reader();
  expect(reader.news()).toEqual([]);
  const taken: string[] = [];
  const news: string[] = [];
  for (let at = 0; at < 40; at++) {
    const one = call({ stdout: "x".repeat(10_000) });
    log.add(one, 400_000);
    taken.push(one.id);
    if (at % 3 === 0) news.push(...reader.news().map(({ id }) => id));
  }
  news.push(...reader.news().map(({ id }) => id));
  expect(news).toEqual(taken);
  expect(existsSync(join(directory, "calls.jsonl.1"))).toBe(true);
});
