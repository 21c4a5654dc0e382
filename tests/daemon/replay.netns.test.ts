import { afterEach, beforeEach, expect } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENTRIES, EXECUTABLE, entriesMissing, FULL } from "../support/daemon.ts";
import { must, type RunAnswer, run } from "../support/exec.ts";
import { areBuilt, directoryOf } from "../support/go-install.ts";
import { PLUGINS as GO_PLUGINS } from "../support/go-plugins.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { attachAndDetach, hawser } from "./recorded.ts";
import { daemonScene } from "./scene.ts";

/** Recorded calls are made again, on a throwaway host or on this one. */

const test = skipBecause(entriesMissing());
const scene = daemonScene();

/** Executables of a replay: not below /run or /tmp, which a throwaway host may hide. */
const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));
let scratch = "";
beforeEach(() => {
  mkdirSync(CACHE, { recursive: true });
  scratch = mkdtempSync(join(tmpdir(), "hawser-replay-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

const CLI = { PATH: process.env["PATH"] ?? "" };

async function replay(...words: string[]): Promise<RunAnswer & { json: Replayed }> {
  const answer = await run([EXECUTABLE, "replay", ...words, "--json"], { env: CLI });
  return { ...answer, json: JSON.parse(answer.stdout || "{}") as Replayed };
}
interface Replayed {
  readonly same?: boolean;
  readonly calls?: readonly {
    readonly plugin: string;
    readonly same: boolean;
    readonly differences: readonly { readonly what: string; readonly now: string }[];
    readonly notes: readonly string[];
    readonly skipped?: string;
  }[];
}
const isFit = needs("unshare");

/** Of the first operation of this kind. */
async function idOf(operation: string): Promise<string> {
  const text = await hawser("trace", "--operation", operation, "--json");
  return (JSON.parse(text) as { groups: { id: string }[] }).groups[0]?.id ?? "";
}

async function recorded(dir: string): Promise<void> {
  await hawser("trace", "on");
  await attachAndDetach(scene, dir);
  await hawser("trace", "off");
}

isFit(
  "plays a whole attachment again on a throwaway host, and this one stays as it is",
  async () => {
    await recorded(ENTRIES);
    const state = async (): Promise<string[]> => [
      (await must(["ip", "-br", "link"])).replaceAll(/ .*/gu, ""),
      await must(["ip", "-n", "blue", "-j", "address"]),
      readdirSync("/run/netns").join(),
      readdirSync("/var/lib/cni/networks/dbnet").join(),
      (await must([EXECUTABLE, "trace", "status", "--json"])).replace(/"on.*/u, ""),
    ];
    const before = await state();
    const { exitCode, json, stderr } = await replay("default/web");
    expect([exitCode, stderr, json.calls?.flatMap((call) => call.differences)]).toEqual([
      0,
      "",
      [],
    ]);
    expect(json.calls?.map(({ plugin, same }) => [plugin, same])).toHaveLength(9);
    expect(json.calls?.[0]?.notes.join()).toContain("annotations.token");
    expect(await state()).toEqual(before);
  },
  60_000,
);

isFit(
  "plays a file against other executables, and says what differs",
  async () => {
    await recorded(FULL);
    const file = join(scratch, "bundle.jsonl");
    await hawser("trace", "export", "--output", file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const dir = mkdtempSync(join(CACHE, "replay-"));
    try {
      const answer = { cniVersion: "1.1.0", ips: [{ address: "10.99.0.2/16" }] };
      writeFileSync(
        join(dir, "bridge"),
        `#!/bin/sh\ncat >/dev/null\necho '${JSON.stringify(answer)}'\n`,
      );
      writeFileSync(
        join(dir, "tuning"),
        "#!/bin/sh\ncat >/dev/null\necho '{\"code\": 7}'\nexit 1\n",
      );
      for (const type of ["bridge", "tuning"]) await must(["chmod", "755", join(dir, type)]);
      const { exitCode, json } = await replay(file, "--plugin", dir);
      expect([exitCode, json.same]).toEqual([1, false]);
      const [first, second, third] = json.calls ?? [];
      expect(first?.differences.map(({ what }) => what)).toContain("result: interfaces");
      expect(second?.differences[0]).toMatchObject({ what: "exit code", now: "1" });
      expect(third?.skipped).toContain("is not there");
      const people = await run([EXECUTABLE, "replay", file, "--plugin", dir], { env: CLI });
      expect(people.stdout).toContain("✗ ADD tuning");
      expect(people.stdout).toContain("not all is as recorded");
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
  60_000,
);

isFit(
  "what it runs cannot write to this host's files",
  async () => {
    await recorded(FULL);
    const dir = mkdtempSync(join(CACHE, "replay-"));
    try {
      const targets = [join(dir, "x"), "/etc/hawser-x", "/run/x", "/var/lib/cni/x", "/dev/shm/x"];
      const writes = targets.map((path) => `echo x >${path}`).join("; ");
      const script = `#!/bin/sh\ncat >/dev/null\n${writes}; kill -9 -1\n:\n`;
      writeFileSync(join(dir, "bridge"), script, { mode: 0o755 });
      const file = join(scratch, "one.jsonl");
      const lines = (await hawser("trace", "export")).split("\n");
      writeFileSync(file, lines.filter((line) => line.includes('"plugin":"bridge"')).join("\n"));
      await run([EXECUTABLE, "replay", file, "--plugin", join(dir, "bridge")], { env: CLI });
      expect(targets.filter((path) => existsSync(path))).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
  60_000,
);

const goMissing = areBuilt(GO_PLUGINS) ? undefined : "Go plugins";

skipBecause(goMissing ?? (Bun.which("unshare") === null ? "unshare" : undefined))(
  "what Hawser's plugins did, the reference plugins do as well",
  async () => {
    await recorded(ENTRIES);
    const { json, exitCode } = await replay("c1", "--plugin", directoryOf(GO_PLUGINS));
    expect(json).toHaveProperty("calls.length", 9);
    const differences = json.calls?.flatMap((call) => call.differences) ?? [];
    // The reference plugins leave out what 1.1.0 has of an interface.
    expect(differences.filter(({ what }) => !what.endsWith(".mtu"))).toEqual([]);
    expect([differences.length, exitCode]).toEqual([9, 1]);
  },
  60_000,
);

test("mistakes are said, and nothing is run", async () => {
  await recorded(FULL);
  const cases: readonly (readonly [string[], number, string])[] = [
    [["c1", "--netns", "blue"], 2, "goes with --here"],
    [["c1", "--plugin", "/nowhere"], 2, "/nowhere is not there"],
    [["c1", "--plugin", join(FULL, "bridge")], 2, "cannot be all of bridge, tuning, portmap"],
    [["nothing"], 1, "there are: default/web"],
    [["/etc/hostname"], 1, "no recorded call in"],
    [["./gone.jsonl"], 1, "no such file"],
  ];
  for (const [words, code, text] of cases) {
    const { exitCode, stderr } = await run([EXECUTABLE, "replay", ...words], { cwd: scratch });
    expect([words, exitCode]).toEqual([words, code]);
    expect(stderr).toContain(text);
  }
}, 30_000);

test("on this host it is played where that is asked for", async () => {
  await recorded(FULL);
  const [add, del] = [await idOf("ADD"), await idOf("DEL")];
  const first = await replay(add, "--here", "--netns", "blue");
  expect(first.json.calls?.map(({ same }) => same)).toEqual([true, true, true]);
  expect(await must(["ip", "-n", "blue", "-j", "link"])).toContain("eth0");
  const second = await replay(del, "--here");
  expect(second.exitCode).toBe(0);
  expect(await must(["ip", "-n", "blue", "-j", "link"])).not.toContain("eth0");
}, 60_000);
