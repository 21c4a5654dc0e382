import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, type RunAnswer } from "../../tests/support/exec.ts";
import { type Container, Host } from "../../tests/support/host.ts";
import { skipBecause } from "../../tests/support/needs.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SOURCE = join(ROOT, "src/cli/main.ts");
const DIST = join(ROOT, "dist/hawser");
const EXAMPLES = join(ROOT, "examples");

/** One way to start the one program: from its sources, or as what `npm run build` made. */
interface Program {
  readonly name: string;
  readonly file: string;
  readonly missing: string | undefined;
}

const PROGRAMS: readonly Program[] = [
  { name: "from source", file: SOURCE, missing: undefined },
  { name: "built", file: DIST, missing: existsSync(DIST) ? undefined : "npm run build" },
];

let host: Host;
let blue: Container;
let directory = "";

beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "cli-"));
  blue = await host.container("blue");
});
afterEach(async () => {
  await host.remove(blue);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  rmSync(directory, { recursive: true });
});
afterAll(async () => {
  await host.tidy();
});

/** A plugin directory whose entries lead to the program. */
function pluginDir(file: string, types: readonly string[] = PLUGIN_NAMES): string {
  const dir = join(directory, "plugins");
  mkdirSync(dir);
  for (const type of types) symlinkSync(file, join(dir, type));
  return dir;
}

interface CniResult {
  readonly ips: { address: string; gateway?: string; interface?: number }[];
}

interface AddAnswer {
  readonly containerId: string;
  readonly plugins: readonly { readonly steps: readonly { step: string; ms: number }[] }[];
}

interface Start {
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly name?: string;
}

/** Starts the program under a name, with nothing of this process's environment but PATH. */
async function start(
  file: string,
  { words, env = {}, name = "hawser" }: Start,
): Promise<RunAnswer> {
  const before = performance.now();
  const source = file === SOURCE;
  const child = Bun.spawn([source ? process.execPath : file, ...(source ? [file] : []), ...words], {
    argv0: name,
    env: { PATH: process.env["PATH"] ?? "", NETCONFPATH: EXAMPLES, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const ms = performance.now() - before;
  await child.exited;
  const { exitCode, signalCode } = child;
  const signal = signalCode === null ? null : String(signalCode);
  return { argv: words, exitCode, signal, stdout, stderr, ms };
}

async function addresses(container: Container): Promise<string[]> {
  const text = await must(["ip", "-n", container.name, "-j", "address", "show", "dev", "eth0"]);
  const [link] = JSON.parse(text) as { addr_info: { local: string; prefixlen: number }[] }[];
  return (link?.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

for (const { name, file, missing } of PROGRAMS) {
  const when = skipBecause(missing);

  describe(name, () => {
    when(
      "hawser adds, checks and deletes, and tells each plugin and step",
      async () => {
        const env = { CNI_PATH: pluginDir(file) };
        const words = ["dbnet", "blue", "--mac", "02:00:00:00:00:05", "--port", "8080:80"];
        const add = await start(file, { words: ["add", ...words], env });
        expect([add.exitCode, add.stderr]).toEqual([0, ""]);
        expect(await addresses(blue)).toContain("10.1.0.2/16");
        for (const text of [
          /^✓ bridge +[\d.]+ m?s$/m,
          /^ {4}cni0 on the host, up +[\d.]+ ms$/m,
          /^ {4}host-local: 10\.1\.0\.2/m,
          /^✓ tuning +[\d.]+ m?s$/m,
          /^✓ portmap +[\d.]+ m?s$/m,
          /^ {2}eth0 +10\.1\.0\.2\/16 via 10\.1\.0\.1 {2}02:00:00:00:00:05 {2}in the container$/m,
          /^hawser-[0-9a-f]{20} is attached to dbnet as eth0 \([\d.]+ m?s\)$/m,
        ]) {
          expect(add.stdout).toMatch(text);
        }
        expect(add.stdout).not.toContain("\u001b");
        const ruleset = await must(["nft", "list", "ruleset"]);
        expect(ruleset).toMatch(/tcp \. 8080 (?:comment "[^"]*" )?: 10\.1\.0\.2 \. 80/);

        const check = await start(file, { words: ["check", "dbnet", "blue"], env });
        expect([check.exitCode, check.stderr]).toEqual([0, ""]);
        await must(["ip", "-n", "blue", "address", "flush", "dev", "eth0"]);
        const broken = await start(file, { words: ["check", "dbnet", "blue"], env });
        expect(broken.exitCode).toBe(1);
        expect(broken.stderr).toContain("10.1.0.2/16");
        expect(broken.stderr).toContain("(code 100)");

        const del = await start(file, { words: ["del", "dbnet", "blue"], env });
        expect([del.exitCode, del.stderr]).toEqual([0, ""]);
        const [id = ""] = /hawser-[0-9a-f]{20}/.exec(add.stdout) ?? [];
        const after = JSON.stringify(await host.snapshot([blue]));
        expect([id !== "", after.includes(id), after.includes("veth")]).toEqual([
          true,
          false,
          false,
        ]);
        expect(readdirSync("/var/lib/cni/results")).toEqual([]);
      },
      30_000,
    );

    when(
      "JSON answers hold the result, plugins, steps and times",
      async () => {
        const env = { CNI_PATH: pluginDir(file) };
        const add = await start(file, { words: ["add", "dual-stack", "blue", "--json"], env });
        expect([add.exitCode, add.stderr]).toEqual([0, ""]);
        const answer = JSON.parse(add.stdout) as AddAnswer;
        expect(answer).toMatchObject({
          operation: "ADD",
          network: "dual-stack",
          ifName: "eth0",
          netns: "/run/netns/blue",
          result: {
            cniVersion: "1.1.0",
            ips: [{ address: "10.2.0.10/16" }, { address: "fd00:10:2::2/64" }],
          },
          plugins: [{ type: "bridge" }, { type: "tuning" }, { type: "portmap" }],
        });
        const steps = answer.plugins.flatMap((plugin) => plugin.steps);
        expect(steps.map(({ step }) => step)).toContain("veth pair");
        expect(steps.every(({ ms }) => ms > 0)).toBe(true);
        const again = await start(file, { words: ["add", "dual-stack", "blue", "--json"], env });
        expect([again.exitCode, again.stderr]).toEqual([1, ""]);
        expect(JSON.parse(again.stdout)).toMatchObject({
          error: {
            code: 4,
            todo: "run del first, or attach the container under another interface name",
          },
        });
        const status = await start(file, { words: ["status", "dual-stack", "--json"], env });
        expect(JSON.parse(status.stdout)).toMatchObject({
          ready: true,
          attachments: [{ containerId: answer.containerId, ifName: "eth0" }],
        });
        const keep = `${answer.containerId}:eth0`;
        const kept = await start(file, { words: ["gc", "dual-stack", "--valid", keep], env });
        expect([kept.exitCode, kept.stderr]).toEqual([0, ""]);
        expect(await addresses(blue)).toContain("10.2.0.10/16");
        const dry = await start(file, {
          words: ["gc", "dual-stack", "--none-valid", "--dry-run"],
          env,
        });
        expect(dry.stdout).toContain(`would remove ${keep}`);
        expect(await addresses(blue)).toContain("10.2.0.10/16");
        const gone = await start(file, { words: ["gc", "dual-stack", "--none-valid"], env });
        expect(gone.stdout).toContain(`removed ${keep}`);
        expect(await must(["ip", "-n", "blue", "-j", "link", "show"])).not.toContain("eth0");
        expect(await must(["nft", "list", "ruleset"])).toBe("");
      },
      30_000,
    );

    when(
      "plan prints the steps and touches nothing",
      async () => {
        const env = { CNI_PATH: pluginDir(file) };
        const before = await host.snapshot([blue]);
        const words = ["plan", "dual-stack", "blue", "--port", "8080:80"];
        const { exitCode, stdout, stderr } = await start(file, { words, env });
        expect([exitCode, stderr]).toEqual([0, ""]);
        expect(stdout).toContain("veth pair: eth0 in the container");
        expect(stdout).toContain("port mappings: tcp port 8080");
        expect(stdout).toEndWith("nothing was touched\n");
        expect(await host.snapshot([blue])).toEqual(before);
      },
      30_000,
    );

    when(
      "a failed add tells code, plugin and advice, and leaves nothing",
      async () => {
        const env = { CNI_PATH: pluginDir(file) };
        const config = join(directory, "bad.conflist");
        const bridge = {
          type: "bridge",
          bridge: "cni9",
          ipam: { type: "host-local", subnet: "10.9.0.0/24" },
        };
        const tuning = { type: "tuning", sysctl: { "net.core.no_such_thing": "1" } };
        writeFileSync(
          config,
          JSON.stringify({ cniVersion: "1.0.0", name: "bad", plugins: [bridge, tuning] }),
        );
        const { exitCode, stdout, stderr } = await start(file, {
          words: ["add", config, "blue"],
          env,
        });
        expect(exitCode).toBe(1);
        expect(stdout).toMatch(/^✗ tuning +[\d.]+ m?s$/m);
        expect(stdout).toMatch(/^✓ bridge \(taken back\) +[\d.]+ m?s$/m);
        expect(stderr).toMatch(
          /^error: plugin type="tuning" failed \(add\): .*no_such_thing.* \(code \d+\)$/m,
        );
        expect(await must(["ip", "-n", "blue", "-j", "link", "show"])).not.toContain("eth0");
      },
      30_000,
    );

    when(
      "cnitool prints what libcni's prints, and nothing for other operations",
      async () => {
        const env = { CNI_PATH: pluginDir(file) };
        const tool = async (...words: string[]): Promise<RunAnswer> =>
          await start(file, { words, env, name: "cnitool" });
        const add = await tool("add", "dbnet", "/run/netns/blue");
        expect([add.exitCode, add.stderr]).toEqual([0, ""]);
        const result = JSON.parse(add.stdout) as CniResult;
        expect(add.stdout).toBe(JSON.stringify(result, null, 4));
        expect(Object.keys(result)).toEqual(["cniVersion", "dns", "interfaces", "ips", "routes"]);
        expect(result.ips).toEqual([{ address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 2 }]);
        const [cached] = readdirSync("/var/lib/cni/results");
        expect(cached).toMatch(/^dbnet-cnitool-[0-9a-f]{20}-eth0$/);
        for (const word of ["check", "status", "del", "del"]) {
          const answer = await tool(word, "dbnet", "/run/netns/blue");
          expect([word, answer.exitCode, answer.stdout, answer.stderr]).toEqual([word, 0, "", ""]);
        }
        expect(readdirSync("/var/lib/cni/results")).toEqual([]);
        const gone = await tool("check", "dbnet", "/run/netns/blue");
        expect([gone.exitCode, gone.stdout]).toEqual([1, ""]);
        expect(gone.stderr).toStartWith('Error: failed to get network "dbnet" cached result');
      },
      30_000,
    );

    when(
      "cnitool gc removes every attachment of the network",
      async () => {
        const env = { CNI_PATH: pluginDir(file) };
        for (const ifName of ["eth0", "net1"]) {
          const words = ["add", "dual-stack", "/run/netns/blue", "--ifname", ifName];
          expect((await start(file, { words, env, name: "cnitool" })).exitCode).toBe(0);
        }
        const gc = await start(file, { words: ["gc", "dual-stack", "x"], env, name: "cnitool" });
        expect([gc.exitCode, gc.stdout, gc.stderr]).toEqual([0, "", ""]);
        expect(await must(["ip", "-n", "blue", "-j", "link", "show"])).not.toContain("veth");
      },
      30_000,
    );

    when("called by a plugin's name it is that plugin, and no command line", async () => {
      const answer = await start(file, { words: ["--help"], name: "bridge" });
      expect([answer.exitCode, answer.stdout]).toEqual([0, ""]);
      expect(answer.stderr).toMatch(
        /^CNI bridge plugin v[\d.]+\nCNI protocol versions supported: 0\.1\.0,/,
      );
    });
  });
}

skipBecause(PROGRAMS[1]?.missing)(
  "a plugin delegates to another of the same executable without starting it",
  async () => {
    // Once the plugin runs, its file may not be executed any more: only a call in process works.
    const copy = join(directory, "hawser");
    copyFileSync(DIST, copy);
    chmodSync(copy, 0o755);
    const dir = pluginDir(copy);
    const child = Bun.spawn([join(dir, "bridge")], {
      env: {
        CNI_COMMAND: "ADD",
        CNI_CONTAINERID: "one",
        CNI_NETNS: blue.netns,
        CNI_IFNAME: "eth0",
        CNI_PATH: dir,
      },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    await Bun.sleep(500);
    chmodSync(copy, 0o644);
    const ipam = { type: "host-local", subnet: "10.9.0.0/24" };
    await child.stdin.write(
      JSON.stringify({ cniVersion: "1.0.0", name: "one", type: "bridge", ipam }),
    );
    await child.stdin.end();
    const result = JSON.parse(await child.stdout.text()) as CniResult;
    expect(await child.exited).toBe(0);
    expect(result.ips[0]?.address).toBe("10.9.0.2/24");
    expect(() => Bun.spawnSync([join(dir, "host-local")])).toThrow("EACCES");
  },
  30_000,
);

test("plugins that are somebody else's file are started as processes", async () => {
  const dir = pluginDir(SOURCE, ["bridge", "tuning", "portmap"]);
  const mark = join(directory, "started");
  const script = `#!/bin/sh\ntouch ${mark}\necho '{"cniVersion":"1.0.0","ips":[{"address":"10.1.0.77/16"}]}'\n`;
  writeFileSync(join(dir, "host-local"), script, { mode: 0o755 });
  const env = { CNI_PATH: dir };
  const add = await start(SOURCE, { words: ["add", "dbnet", "blue"], env });
  expect([add.exitCode, add.stderr]).toEqual([0, ""]);
  expect(existsSync(mark)).toBe(true);
  expect(await addresses(blue)).toContain("10.1.0.77/16");
}, 30_000);
