import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { conf, network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { until } from "../../tests/support/until.ts";

let recorder: RecordedNetwork;
let children: ChildProcess[] = [];
beforeEach(() => {
  recorder = new RecordedNetwork();
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  recorder[Symbol.dispose]();
});

function attach(containerId: string): Promise<number | null> {
  const script = new URL("../../tests/fixtures/attacher.ts", import.meta.url).pathname;
  const argv = [script, recorder.bin, recorder.cacheDir, containerId];
  const child = spawn(process.execPath, argv, { stdio: "inherit" });
  children.push(child);
  return new Promise((resolve) => child.on("exit", resolve));
}

/** Starts an ADD in a process of its own and kills it while its second plugin runs. */
async function killedDuringAdd(): Promise<void> {
  recorder.behave("two", "ADD", "sleep 30");
  const exit = attach("c1");
  await until("the second plugin runs", () => recorder.sequence().includes("two ADD"));
  children[0]?.kill("SIGKILL");
  await exit;
  recorder.forget();
}

describe("a runtime that was killed during ADD", () => {
  test("R75 DEL of another one takes the attachment away, and nothing is left", async () => {
    await killedDuringAdd();
    await recorder.open().del(network(), conf);
    expect(recorder.sequence()).toEqual(["three DEL", "two DEL", "one DEL"]);
    expect(recorder.calls()[0]?.request).not.toHaveProperty("prevResult");
    expect(recorder.cached()).toEqual([]);
    expect(readdirSync(join(recorder.cacheDir, "hawser-locks", "tickets"))).toEqual([]);
    expect(readdirSync(join(recorder.cacheDir, "hawser-tmp"))).toEqual([]);
  });

  test("R75 GC finds it, although its ADD was never finished", async () => {
    await killedDuringAdd();
    expect(recorder.open().cachedAttachments()).toMatchObject([
      { containerId: "c1", netns: conf.netns, finished: false },
    ]);
    const report = await recorder.open().gc(network(), []);
    expect(report.removed).toEqual([{ network: "net", containerId: "c1", ifName: "eth0" }]);
    expect(recorder.sequence().slice(0, 3)).toEqual(["three DEL", "two DEL", "one DEL"]);
    expect(recorder.cached()).toEqual([]);
  });

  test("R42 another ADD is not refused", async () => {
    await killedDuringAdd();
    recorder.behave("two", "ADD");
    await recorder.open().add(network(), conf);
    expect(recorder.open().cachedAttachments()).toMatchObject([{ finished: true }]);
  });
});

describe("two processes", () => {
  const slow = [
    'echo in >> "$here/.log-$CNI_CONTAINERID"; echo in >> "$here/.log"',
    "sleep 0.3",
    'echo out >> "$here/.log-$CNI_CONTAINERID"; echo out >> "$here/.log"',
    "printf '{}'",
  ];

  async function log(): Promise<string> {
    const text = await Bun.file(join(recorder.bin, ".log")).text();
    return text.trim().replaceAll("\n", " ");
  }

  test("R72 on one container wait for each other: the second one finds it attached", async () => {
    recorder.behave("one", "ADD", ...slow);
    const exits = await Promise.all([attach("c1"), attach("c1")]);
    expect(new Set(exits)).toEqual(new Set([0, 3]));
    expect(await log()).toBe("in out");
  });

  test("R72 R74 on two containers overlap", async () => {
    recorder.behave("one", "ADD", ...slow);
    expect(await Promise.all([attach("c1"), attach("c2")])).toEqual([0, 0]);
    expect(await log()).toBe("in in out out");
    expect(recorder.cached()).toEqual(["net-c1-eth0", "net-c2-eth0"]);
  });
});
