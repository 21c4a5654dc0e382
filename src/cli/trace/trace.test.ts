import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { answerProblems } from "../../../tests/support/json-schema.ts";
import { CallLog, DEFAULT_MAX_BYTES, FORM, type RecordedCall } from "../../recording/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { runHawser } from "../hawser.ts";
import type { CliIo } from "../io.ts";
import { timeText } from "./list.ts";

let state = "";
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "hawser-trace-"));
});
afterEach(() => rmSync(state, { recursive: true }));

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function hawser(words: readonly string[], more: Partial<CliIo> = {}): Promise<Answer> {
  const env = { HAWSER_STATE_DIR: state };
  const { io, stdout, stderr } = fakeIo(words, { env, cwd: state, ...more });
  const code = await runHawser(io);
  return { code, stdout: stdout(), stderr: stderr() };
}

let count = 0;

function call(more: Partial<RecordedCall> = {}): RecordedCall {
  const id = (0x1000_0000 + ++count).toString(16).padEnd(16, "0");
  return {
    ...{ v: FORM, id, time: new Date(1.7e12 + 1000 * count).toISOString(), traceId: "t" },
    ...{ door: "daemon", operation: "ADD", plugin: "bridge", network: "dbnet", containerId: "c1" },
    ...{ ifName: "eth0", netns: "/run/netns/blue", cwd: "/", env: {}, stdin: "{}", stdinLength: 2 },
    ...{ masked: ["stdin: token"], cut: [], pid: 1, exitCode: 0, stdout: "", stderr: "", at: 0 },
    ms: 10,
    steps: [{ plugin: "bridge", step: "veth pair", text: "eth0", at: 2, ms: 3 }],
    calls: [],
    ...more,
  };
}

function record(...calls: readonly RecordedCall[]): void {
  const log = new CallLog(state);
  mkdirSync(log.directory, { recursive: true });
  for (const each of calls) log.add(each, DEFAULT_MAX_BYTES);
}

const failed = (): RecordedCall =>
  call({ exitCode: 1, error: { code: 11, msg: "no address is free" }, operation: "CHECK" });

test("every answer in JSON is one of docs/cli.schema.json", async () => {
  await hawser(["trace", "on"]);
  record(call({ calls: [{ ...call(), steps: [] }] }), failed());
  const bundle = join(state, "bundle.jsonl");
  const lines = [
    [
      "trace",
      "on",
      "--for",
      "10m",
      "--network",
      "a",
      "--network",
      "b",
      "--size",
      "1",
      "--operation",
      "add",
    ],
    ...[
      ["trace"],
      ["trace", "c1"],
      ["trace", "show", "c1"],
      ["trace", "status"],
      ["trace", "nothing"],
    ],
    ...[
      ["trace", "export", "--output", bundle],
      ["trace", "off", "--clear"],
      ["trace", "show", "x"],
    ],
    ...[
      ["replay", "x"],
      ["replay", bundle, "--here", "--plugin", "/nowhere"],
      ["trace", "--last", "0"],
    ],
    ["replay", bundle, "--here", "--timeout", "1s"],
  ];
  for (const words of lines) {
    const { stdout } = await hawser([...words, "--json"]);
    const json = JSON.parse(stdout) as JsonObject;
    expect([words, answerProblems(json)]).toEqual([words, []]);
  }
});

test("a list has a line for each operation, and says how each ended", async () => {
  const env = { CNI_ARGS: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web" };
  record(call({ env }), failed());
  const { code, stdout } = await hawser(["trace"]);
  const [titles, first, second] = stdout.split("\n");
  expect([code, titles?.split(/ +/u)]).toEqual([
    0,
    ["ID", "TIME", "OPERATION", "NETWORK", "CONTAINER", "PLUGINS", "TOOK", "RESULT"],
  ]);
  expect(first).toMatch(/ ADD +dbnet +default\/web +bridge +10 ms +ok$/u);
  expect(second).toMatch(/ CHECK +dbnet +c1 +bridge +10 ms +bridge: code 11: no address is free$/u);
});

test("bars stand where the time is, as wide as the terminal, and errors in their place", async () => {
  record(call({ containerId: "c2" }), call({ containerId: "c2", plugin: "portmap" }), failed());
  const narrow = fakeIo([]).io.stdout;
  for (const columns of [60, 100]) {
    const texts: string[] = [];
    const stdout = {
      ...narrow,
      isTTY: true,
      columns,
      write: (part: string) => void texts.push(part),
    };
    await hawser(["trace", "show", "c1"], { stdout });
    const lines = texts.join("").trimEnd().split("\n");
    expect(lines.every((line) => line.length <= columns)).toBe(true);
    expect(lines).toContain("  ✗ code 11: no address is free");
    const bar = lines.find((line) => line.includes("veth pair")) ?? "";
    const whole = lines.find((line) => line.startsWith("  bridge")) ?? "";
    const share = (bar.match(/▒/gu)?.length ?? 0) / (whole.match(/█/gu)?.length ?? 1);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  }
});

test("a recorded tree without end, and times that cannot be, are drawn all the same", async () => {
  const odd = call({
    ms: -5,
    steps: [{ plugin: "p", step: "s".repeat(500), text: "", at: 1e15, ms: 1e15 }],
    calls: [{ ...call(), at: -1e9, plugin: "q".repeat(500) }],
  });
  record(odd);
  const { code, stdout } = await hawser(["trace", "show", odd.id]);
  expect(code).toBe(0);
  expect(stdout.split("\n").every((line) => line.length < 200)).toBe(true);
});

describe("without root", () => {
  test("one line says what is needed", async () => {
    const path = "/proc/1/map_files";
    const { code, stderr } = await hawser(["trace"], {
      env: { HAWSER_STATE_DIR: path },
      isRoot: false,
    });
    // Root of the machine may look there, and finds nothing.
    if (code === 0) return;
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
    expect(stderr).toStartWith("error: this needs root: ");
  });
});

test("a container that is not there may be a command that was misspelt", async () => {
  const { code, stderr } = await hawser(["trace", "shwo"]);
  expect(code).toBe(1);
  expect(stderr).toContain("to do: did you mean hawser trace show? ");
});

test("a bundle that is none is said to be none", async () => {
  const file = join(state, "x.jsonl");
  writeFileSync(file, "{}\nnonsense\n");
  const { code, stderr } = await hawser(["replay", file, "--here"]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no recorded call in");
  expect(stderr).toContain("hawser trace export writes such a file");
});

test("a time of another day has its day", () => {
  const now = new Date(2026, 10, 30, 12, 0, 0);
  expect(timeText(new Date(2026, 10, 30, 3, 4, 5).toISOString(), now)).toBe("03:04:05");
  expect(timeText(new Date(2026, 10, 29, 3, 4, 5).toISOString(), now)).toBe("2026-11-29 03:04:05");
});

test("an operation that there is not is a wrong call, and no empty list", async () => {
  record(call());
  const { code, stdout, stderr } = await hawser(["trace", "--operation", "nonsense"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("It must be one of ADD");
  expect((await hawser(["trace", "--operation", "add"])).stdout).toContain("ADD");
});

test("a list that goes on ends with its reader, and by a signal with that one's code", async () => {
  record(call());
  const stdout = { write: () => undefined, isTTY: false, color: false, isClosed: () => true };
  expect((await hawser(["trace", "--follow"], { stdout })).code).toBe(0);
  const abort = new AbortController();
  abort.abort("SIGTERM");
  expect((await hawser(["trace", "--follow"], { signal: abort.signal })).code).toBe(143);
});
