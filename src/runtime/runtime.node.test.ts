/** Running networks with the packed npm package alone, under Node. */
import assert from "node:assert/strict";
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { getVersionInfo, PluginFailure, ProcessExecutor } from "hawser/invoke";
import { ChainError, loadNetwork, Runtime, type RuntimeOptions } from "hawser/runtime";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hawser-node-"));
  mkdirSync(join(root, "net.d/net"), { recursive: true });
  mkdirSync(join(root, "bin"));
  const list = `{"cniVersion":"1.1.0","name":"net", // a comment
    "plugins":[{"type":"one","big":12345678901234567890}]}`;
  writeFileSync(join(root, "net.d/10-net.conflist"), list);
  writeFileSync(join(root, "net.d/net/20.conf"), '{"type":"two"}');
  writeFileSync(join(root, "net.d/00-broken.conflist"), "{");
  plugin("one", 'printf \'{"ips":[{"address":"10.0.0.1/24"}],"vf":12345678901234567890}\'');
  plugin("two", "printf '{}'");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A plugin that notes its call and its request, and then runs these lines of shell. */
function plugin(type: string, ...lines: string[]): string {
  const path = join(root, "bin", type);
  const log = `echo "${type} $CNI_COMMAND" >> "${root}/log"; cat >> "${root}/requests"`;
  writeFileSync(path, ["#!/bin/sh", log, ...lines, ""].join("\n"), { mode: 0o755 });
  return path;
}

function log(): string[] {
  return readFileSync(join(root, "log"), "utf8").trim().split("\n");
}

function open(more: Partial<RuntimeOptions> = {}): Runtime {
  const env = { PATH: "/usr/bin:/bin" };
  return new Runtime({
    pluginDirs: [join(root, "bin")],
    cacheDir: join(root, "cache"),
    env,
    ...more,
  });
}

const conf = { containerId: "c", netns: "/run/netns/x", ifName: "eth0" };

describe("a network under Node", () => {
  test("R11 R78 R82 D5 it is loaded, added, checked and deleted", async () => {
    const { config, skipped } = loadNetwork(join(root, "net.d"), "net");
    assert.equal(skipped.length, 1);
    const result = await open().add(config, conf);
    assert.equal(result.cniVersion, "1.1.0");
    await open().check(config, { ...conf, netns: "" });
    await open().del(config, conf);
    await open().gc(config, []);
    await open().status(config);
    assert.deepEqual(log(), [
      "one ADD",
      "two ADD",
      "one CHECK",
      "two CHECK",
      "two DEL",
      "one DEL",
      "one GC",
      "two GC",
      "one STATUS",
      "two STATUS",
    ]);
    const requests = readFileSync(join(root, "requests"), "utf8");
    assert.match(requests, /"big":12345678901234567890/);
    assert.match(requests, /"vf":12345678901234567890/);
    assert.deepEqual(readdirSync(join(root, "cache/results")), []);
  });

  test("R75 a failed ADD is taken back", async () => {
    plugin("two", 'printf \'{"code":7,"msg":"boom"}\'; exit 1');
    const { config } = loadNetwork(join(root, "net.d"), "net");
    await assert.rejects(open().add(config, conf), (error) => {
      assert.ok(error instanceof ChainError);
      assert.equal(error.message, 'plugin type="two" failed (add): boom');
      assert.equal(error.cleanupErrors.length, 1);
      return true;
    });
    assert.deepEqual(log(), ["one ADD", "two ADD", "two DEL", "one DEL"]);
  });

  test("R72 two ADDs of one container do not overlap, also of two runtimes", async () => {
    plugin("one", "sleep 0.1", `echo "one done" >> "${root}/log"`, "printf '{}'");
    const { config } = loadNetwork(join(root, "net.d"), "net");
    await Promise.all([open().add(config, conf), open().add(config, { ...conf, ifName: "eth1" })]);
    const turn = ["one ADD", "one done", "two ADD"];
    assert.deepEqual(log(), [...turn, ...turn]);
  });
});

describe("plugins under Node", () => {
  const executor = new ProcessExecutor({ graceMs: 200, drainMs: 100, busyMs: 200 });

  function call(path: string, more: object = {}): Parameters<ProcessExecutor["run"]>[0] {
    const env = { PATH: "/usr/bin:/bin", CNI_COMMAND: "ADD" };
    return { operation: "ADD", type: "probe", path, stdin: "{}", env, ...more };
  }

  async function failure(path: string, more: object = {}): Promise<PluginFailure> {
    try {
      await executor.run(call(path, more));
    } catch (error) {
      assert.ok(error instanceof PluginFailure);
      return error;
    }
    throw new Error("it did not fail");
  }

  test("a plugin that hangs is ended with its whole group", async () => {
    const path = plugin("hang", `sleep 60 & echo $! > "${root}/child"; wait`);
    const { timedOut, code } = await failure(path, { timeoutMs: 200 });
    assert.deepEqual([timedOut, code], [true, 11]);
    const child = readFileSync(join(root, "child"), "utf8").trim();
    const deadline = Date.now() + 3000;
    while (isAlive(child)) {
      assert.ok(Date.now() < deadline, "the grandchild is still there");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  test("an abort, and SIGKILL for who does not hear", async () => {
    const path = plugin("deaf", "trap '' TERM; while :; do sleep 0.05; done");
    const { aborted, signal } = await failure(path, { signal: AbortSignal.timeout(100) });
    assert.deepEqual([aborted, signal], [true, "SIGKILL"]);
  });

  test("D17 a grandchild that holds the pipes is not waited for", async () => {
    const answer = await executor.run(call(plugin("leaver", "sleep 3 & echo '{}'")));
    assert.equal(answer.stdout, "{}\n");
    assert.ok(answer.ms < 2000);
  });

  test("too much on stdout, and a request that nobody reads", async () => {
    const { message } = await failure(plugin("flood", "exec head -c 100000000 /dev/zero"));
    assert.match(message, /printed more than 16777216 bytes/);
    const path = join(root, "bin", "silent");
    writeFileSync(path, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    assert.equal((await executor.run(call(path, { stdin: "x".repeat(3_000_000) }))).exitCode, 0);
  });

  test("D15 a busy file is tried again, and then told", async () => {
    const path = join(root, "bin", "busy");
    copyFileSync("/bin/cat", path);
    const fd = openSync(path, "r+");
    try {
      const { code, message } = await failure(path);
      assert.equal(code, 11);
      assert.match(message, /text file busy/);
    } finally {
      closeSync(fd);
    }
    assert.equal((await executor.run(call(path))).stdout, "{}");
  });

  test("what cannot be started is told", async () => {
    const path = join(root, "bin", "plain");
    writeFileSync(path, "", { mode: 0o644 });
    assert.match((await failure(path)).message, /permission denied/);
    assert.match((await failure(join(root, "absent"))).message, /could not be started/);
  });

  test("R63 the versions of a plugin", async () => {
    const path = plugin(
      "versions",
      'printf \'{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}\'',
    );
    const env = { PATH: "/usr/bin:/bin" };
    const info = await getVersionInfo(executor, { type: "versions", path, env });
    assert.deepEqual(info.supportedVersions, ["1.0.0"]);
  });
});

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
