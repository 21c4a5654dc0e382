import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Executor, PluginCall } from "../../invoke/index.ts";
import { FORM, type RecordedCall } from "../form/index.ts";
import { misfit, Replay } from "./replay.ts";
import { hostLinksOf } from "./request.ts";

let bin = "";
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "replay-"));
  for (const type of ["bridge", "portmap"]) writeFileSync(join(bin, type), "", { mode: 0o755 });
});
afterEach(() => rmSync(bin, { recursive: true }));

let count = 0;

function call(plugin: string, operation: string, more: Partial<RecordedCall> = {}): RecordedCall {
  return {
    ...{ v: FORM, id: (++count).toString(16).padStart(16, "0"), time: "2026-11-30T00:00:00Z" },
    ...{ traceId: "t", door: "daemon", operation, plugin, network: "n", containerId: "c1" },
    ...{ ifName: "eth0", netns: "/run/netns/old", cwd: "/", stdin: '{"name":"n"}', stdinLength: 2 },
    env: {
      ...{
        CNI_COMMAND: operation,
        CNI_NETNS: "/run/netns/old",
        CNI_PATH: "/opt",
        LANG: "(masked)",
      },
      ...{ HAWSER_SOCKET: "/run/hawser/daemon.sock", HAWSER_STATE_DIR: "/x", TRACEPARENT: "t" },
    },
    ...{ masked: [], cut: [], pid: 1, exitCode: 0, stdout: "{}", stderr: "", at: 0, ms: 8 },
    ...{ steps: [], calls: [], path: join(bin, plugin) },
    ...more,
  };
}

/** Plugins with given answers that note how they were called. */
function replayOn(
  answers: readonly string[],
  plugin?: string,
): { replay: Replay; made: PluginCall[] } {
  const made: PluginCall[] = [];
  const executor: Executor = {
    find: () => "",
    run: (request) => {
      made.push(request);
      const stdout = answers[made.length - 1] ?? "";
      const exitCode = stdout.includes('"code"') ? 1 : 0;
      return Promise.resolve({ stdout, stderr: "", exitCode, signal: null, ms: 1 });
    },
  };
  const options = {
    ...{ netnsOf: () => "/run/netns/new", host: { PATH: "/bin" }, timeoutMs: 1000 },
    ...{ signal: new AbortController().signal, ...(plugin === undefined ? {} : { plugin }) },
  };
  return { replay: new Replay(options, executor), made };
}

const result = (address: string): string =>
  JSON.stringify({ cniVersion: "1.0.0", ips: [{ address }] });
const withPrevious = (address: string): string =>
  JSON.stringify({ name: "n", prevResult: { ips: [{ address }], dns: {} } });

test("a chain is made again with the results that the replay has had", async () => {
  const old = ["10.0.0.7/24", "10.0.0.7/24"] as const;
  const { replay, made } = replayOn([result("10.0.0.2/24"), result("10.0.0.2/24"), ""]);
  const calls = [
    call("bridge", "ADD", { stdout: result(old[0]) }),
    call("portmap", "ADD", { stdin: withPrevious(old[0]), stdout: result(old[1]) }),
    call("portmap", "DEL", { stdin: withPrevious(old[1]), stdout: "" }),
  ];
  const outcomes = [];
  for (const each of calls) outcomes.push(await replay.call(each));
  expect(outcomes.flatMap(({ differences }) => differences)).toEqual([]);
  expect(made.map(({ stdin }) => String(stdin).includes("10.0.0.7"))).toEqual([
    false,
    false,
    false,
  ]);
  expect(made.slice(1).every(({ stdin }) => String(stdin).includes("10.0.0.2/24"))).toBe(true);
});

test("the environment leads to this host alone", async () => {
  const { replay, made } = replayOn(["{}"]);
  await replay.call(call("bridge", "ADD"));
  expect(made[0]?.env).toEqual({
    ...{ PATH: "/bin", CNI_COMMAND: "ADD", CNI_NETNS: "/run/netns/new", CNI_PATH: "/opt" },
  });
});

test("a directory of plugins is searched for delegates, too; one executable stands for one type", async () => {
  const { replay, made } = replayOn(["{}"], bin);
  const bridge = call("bridge", "ADD", { path: "/gone" });
  await replay.call(bridge);
  expect(made[0]).toMatchObject({ path: join(bin, "bridge"), env: { CNI_PATH: bin } });
  const file = join(bin, "bridge");
  expect(misfit(file, [bridge, bridge])).toBeUndefined();
  expect(misfit(bin, [bridge, call("portmap", "ADD")])).toBeUndefined();
  expect(misfit(file, [bridge, call("portmap", "ADD")])).toContain(
    "cannot be all of bridge, portmap",
  );
});

test("what was not recorded whole, and what is not there, is not made again, and says why", async () => {
  const { replay, made } = replayOn([]);
  const { stdin: _, ...unread } = call("bridge", "ADD", { cut: ["stdin: 9 characters"] });
  expect(await replay.call(unread)).toMatchObject({
    skipped: "its input was not recorded: stdin: 9 characters",
  });
  expect(await replay.call(call("bridge", "ADD", { path: "/gone" }))).toMatchObject({
    skipped: "/gone is not there",
  });
  const { path: __, ...unknown } = call("bridge", "ADD");
  expect((await replay.call(unknown)).skipped).toContain("--plugin");
  expect((await replay.call(call("bridge", "NONSENSE"))).skipped).toContain("is no operation");
  expect(made).toEqual([]);
});

test("masked parts that the plugin is sent are named, variables of others are not", async () => {
  const { replay } = replayOn(["{}", "{}"]);
  const masked = ["stdin: ipam.token", "env: CNI_ARGS: TOKEN", "env: LANG", "stdout: x"];
  expect((await replay.call(call("bridge", "ADD", { masked }))).notes).toEqual([
    'the plugin is sent "(masked)" for stdin: ipam.token',
    'the plugin is sent "(masked)" for env: CNI_ARGS: TOKEN',
  ]);
  const alone = call("portmap", "ADD", { stdin: withPrevious("10.0.0.9/24") });
  expect((await replay.call(alone)).notes.join()).toContain("the call before is not replayed");
});

test("the links of the host that a configuration names", () => {
  const of = (config: object): string[] =>
    hostLinksOf(call("macvlan", "ADD", { stdin: JSON.stringify(config) }));
  expect(of({ master: "uplink0", device: "eth1" })).toEqual(["uplink0", "eth1"]);
  expect(of({ master: 5, device: "" })).toEqual([]);
  expect(hostLinksOf(call("macvlan", "ADD", { stdin: "{" }))).toEqual([]);
});
