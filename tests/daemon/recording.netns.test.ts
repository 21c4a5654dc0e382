import { afterEach, beforeEach, describe, expect } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainRequest, runChain, runPlugin } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { must, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { attachAndDetach, hawser, LIST, requestOf, SECRET } from "./recorded.ts";
import { daemonScene } from "./scene.ts";

/** Every door records the calls of any runtime, where that is on. */

const test = skipBecause(entriesMissing());
const RECORDING = "/run/hawser/recording";

const scene = daemonScene();
let scratch = "";
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "hawser-trace-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

interface Call {
  readonly plugin: string;
  readonly door: string;
  readonly path?: string;
  readonly runtime?: string;
  readonly exitCode: number;
  readonly stdin?: string;
  readonly steps: readonly { readonly step: string; readonly at: number; readonly ms: number }[];
  readonly calls: readonly Call[];
  readonly ms: number;
}
interface Group {
  readonly id: string;
  readonly operation: string;
  readonly containerId: string;
  readonly failed: boolean;
  readonly pod?: object;
  readonly calls: readonly Call[];
}

async function groupsOf(...words: string[]): Promise<Group[]> {
  const answer = JSON.parse(await hawser("trace", ...words, "--json")) as { groups: Group[] };
  return answer.groups;
}

const request = (operation: ChainRequest["operation"], dir: string): ChainRequest =>
  requestOf(scene, operation, dir);
const addCheckDel = async (dir: string): Promise<void> => await attachAndDetach(scene, dir);

const DOORS = [
  ["an entry program with the daemon", ENTRIES, "daemon"],
  ["an entry program without a daemon", ENTRIES, "executable"],
  ["the full executable", FULL, "executable"],
] as const;

describe.each(DOORS)("%s", (_, dir, door) => {
  let daemon: TestDaemon | undefined;
  beforeEach(async () => {
    daemon = door === "daemon" ? await TestDaemon.start() : undefined;
  });
  afterEach(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  test("records calls with steps and delegates, and no secret", async () => {
    await hawser("trace", "on");
    await addCheckDel(dir);
    const groups = await groupsOf();
    expect(
      groups.map(({ operation, calls }) => [operation, calls.map((each) => each.plugin)]),
    ).toEqual([
      ["ADD", ["bridge", "tuning", "portmap"]],
      ["CHECK", ["bridge", "tuning", "portmap"]],
      ["DEL", ["portmap", "tuning", "bridge"]],
    ]);
    expect(groups[0]?.pod).toEqual({ namespace: "default", name: "web" });
    const { groups: shown } = JSON.parse(
      await hawser("trace", "show", "default/web", "--json"),
    ) as {
      groups: Group[];
    };
    const [first] = shown[0]?.calls ?? [];
    expect(first).toMatchObject({ plugin: "bridge", door, exitCode: 0 });
    expect(first?.runtime).toContain("bun");
    expect(first?.path).toBe(join(dir, "bridge"));
    expect(first?.steps.map(({ step }) => step)).toContain("veth pair");
    const [delegate] = first?.calls ?? [];
    expect(delegate).toMatchObject({ plugin: "host-local", exitCode: 0 });
    expect(delegate?.steps.map(({ step }) => step)).toEqual(["address reservation"]);
    for (const { at, ms } of first?.steps ?? []) {
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at + ms).toBeLessThanOrEqual((first?.ms ?? 0) + 0.01);
    }
    expect(JSON.stringify(shown)).not.toContain(SECRET);
    expect(readFileSync(`${RECORDING}/calls.jsonl`, "utf8")).not.toContain(SECRET);
    expect(await hawser("trace", "export")).not.toContain(SECRET);
    expect(statSync(`${RECORDING}/calls.jsonl`).mode & 0o777).toBe(0o600);
  });

  test("records nothing while that is off, and is switched at once", async () => {
    await addCheckDel(dir);
    expect(existsSync(RECORDING)).toBe(false);
    await hawser("trace", "on", "--network", "other");
    await addCheckDel(dir);
    expect(await groupsOf()).toEqual([]);
    await hawser("trace", "on");
    await runChain(request("STATUS", dir));
    await hawser("trace", "off");
    await runChain(request("STATUS", dir));
    expect((await groupsOf()).map(({ operation }) => operation)).toEqual(["STATUS"]);
    await hawser("trace", "off", "--clear");
    expect(await groupsOf()).toEqual([]);
  });

  test("a failed call is recorded with its error, and names are shown without escapes", async () => {
    await hawser("trace", "on");
    const env = {
      ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "\u001b[31mevil", CNI_IFNAME: "eth0" },
      ...{ CNI_NETNS: scene.blue.netns, CNI_PATH: dir },
    };
    const config = { cniVersion: "1.0.0", name: "\u001b]0;title\u0007", type: "bridge" };
    const { exitCode } = await runPlugin(dir, "bridge", config, env);
    expect(exitCode).toBe(1);
    const [group] = await groupsOf("--failed");
    expect(group).toMatchObject({ operation: "ADD", failed: true });
    for (const words of [[], ["show", group?.id ?? ""]]) {
      const text = await hawser("trace", ...words);
      expect(text).toContain("code ");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/u);
    }
  });

  test("a link in the place of the file, and a huge input, harm nothing", async () => {
    await hawser("trace", "on");
    const victim = join(scratch, "victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, `${RECORDING}/calls.jsonl`);
    const env = { CNI_COMMAND: "STATUS", CNI_PATH: dir };
    const config = { ...LIST.plugins[0], cniVersion: "1.1.0", name: "dbnet" };
    const filler = "x".repeat(600_000);
    for (const more of [{}, { filler }]) {
      const { exitCode, stdout } = await runPlugin(dir, "bridge", { ...config, ...more }, env);
      expect([exitCode, stdout]).toEqual([0, ""]);
    }
    expect(readFileSync(victim, "utf8")).toBe("mine");
    const { groups } = JSON.parse(await hawser("trace", "export", "--json").then(asGroups)) as {
      groups: { stdin?: string; cut: string[] }[];
    };
    expect(groups.map(({ stdin, cut }) => [stdin === undefined, cut.length])).toEqual([
      [false, 0],
      [true, 1],
    ]);
  });
});

/** The lines of an export but for its head, as one document. */
function asGroups(text: string): string {
  const [, ...lines] = text.trimEnd().split("\n");
  return `{"groups":[${lines.join(",")}]}`;
}

test("a full disk fails no call, and the daemon says so once", async () => {
  await hawser("trace", "on");
  const settings = readFileSync(`${RECORDING}/on.json`, "utf8");
  await must(["mount", "-t", "tmpfs", "-o", "size=4096,nr_inodes=8", "tmpfs", RECORDING]);
  try {
    writeFileSync(`${RECORDING}/on.json`, settings, { mode: 0o600 });
    await using daemon = await TestDaemon.start();
    await addCheckDel(ENTRIES);
    await addCheckDel(FULL);
    expect(daemon.log.filter(({ event }) => event === "not recorded")).toHaveLength(1);
  } finally {
    await must(["umount", RECORDING]);
  }
});

test("hawser's own runtime records what it runs, plugins of others too", async () => {
  const dir = join(scratch, "bin");
  mkdirSync(dir);
  for (const type of ["bridge", "host-local"]) symlinkSync(EXECUTABLE, join(dir, type));
  // A plugin that is not Hawser's and asks another one, by a program of its own.
  const script = `#!/bin/sh\necho "$TRACEPARENT" >${scratch}/parent\nexec ${ENTRIES}/loopback\n`;
  writeFileSync(join(dir, "outer"), script, { mode: 0o755 });
  const file = join(scratch, "net.conflist");
  const ipam = { type: "host-local", subnet: "10.7.0.0/24" };
  const plugins = [{ type: "bridge", ipam }, { type: "outer" }];
  writeFileSync(file, JSON.stringify({ cniVersion: "1.0.0", name: "mixed", plugins }));
  await hawser("trace", "on");
  const words = ["--plugin-dir", dir, "--cache-dir", join(scratch, "cache"), "--id", "own-1"];
  await run([EXECUTABLE, "add", file, "blue", ...words]);
  await run([EXECUTABLE, "del", file, "blue", ...words]);
  const { groups } = JSON.parse(await hawser("trace", "show", "own-1", "--json")) as {
    groups: Group[];
  };
  const calls = groups.flatMap((group) => group.calls);
  const seen = calls.map(({ plugin, door, runtime }) => `${plugin} ${door} ${runtime}`);
  expect(seen).toContain("bridge in process hawser");
  expect(seen).toContain("outer executable hawser");
  expect(calls.find(({ plugin }) => plugin === "bridge")?.calls[0]?.plugin).toBe("host-local");
  expect(readFileSync(join(scratch, "parent"), "utf8")).toMatch(
    /^00-[0-9a-f]{32}-[0-9a-f]{16}-00\n$/u,
  );
  // The call that the foreign plugin became is below it.
  const text = await hawser("trace", "show", "own-1");
  expect(text).toMatch(/^ {4}loopback \w+/mu);
  expect(seen.some((each) => each.startsWith("loopback"))).toBe(false);
});

test("trace lists, filters, follows, and says what there is when nothing fits", async () => {
  await hawser("trace", "on", "--for", "10m");
  expect(await hawser("trace")).toContain("nothing is recorded yet");
  const follower = Bun.spawn([EXECUTABLE, "trace", "--follow", "--operation", "DEL"], {
    stdout: "pipe",
  });
  await Bun.sleep(500);
  await addCheckDel(FULL);
  await runChain({
    ...request("DEL", FULL),
    attachment: { containerId: "other-2", netns: "", ifName: "eth0" },
  });
  expect(await hawser("trace", "c1")).not.toContain("other-2");
  expect(
    (await groupsOf("--operation", "del", "--last", "1")).map((one) => one.containerId),
  ).toEqual(["other-2"]);
  expect(await groupsOf("--plugin", "host-local", "--operation", "CHECK")).toHaveLength(1);
  expect(await groupsOf("--slow", "5m")).toEqual([]);
  expect(await hawser("trace", "--slow", "5m")).toContain("none of 4 recorded operations fits");
  for (const words of [["c3"], ["show", "c3"], ["export", "c3"]]) {
    const { exitCode, stderr } = await run([EXECUTABLE, "trace", ...words]);
    expect([words, exitCode]).toEqual([words, 1]);
    expect(stderr).toContain("there are: ");
  }
  const read = follower.stdout.getReader();
  let followed = "";
  while (!followed.includes("other-2")) {
    followed += new TextDecoder().decode((await read.read()).value);
  }
  follower.kill("SIGTERM");
  await follower.exited;
  expect(
    followed
      .trim()
      .split("\n")
      .every((line) => line.includes("  DEL  ")),
  ).toBe(true);
}, 30_000);

test("a waterfall has a line for each plugin, delegate and step, and one width", async () => {
  await hawser("trace", "on");
  await addCheckDel(FULL);
  const [group] = await groupsOf("--operation", "ADD");
  const text = await hawser("trace", "show", group?.id ?? "");
  const names = text
    .split("\n")
    .map((line) => line.match(/^( *)(\S+(?: \S+)*) {2,}/u)?.slice(1, 3));
  expect(names).toContainEqual(["  ", "bridge"]);
  expect(names).toContainEqual(["    ", "veth pair"]);
  expect(names).toContainEqual(["      ", "host-local ADD"]);
  expect(names).toContainEqual(["        ", "address reservation"]);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
