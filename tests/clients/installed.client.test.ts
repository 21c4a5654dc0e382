import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entriesMissing, type TestDaemon } from "../support/daemon.ts";
import { dbnet } from "../support/dbnet.ts";
import { failureOf } from "../support/fails.ts";
import { ask } from "../support/greeter.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { Containerd } from "./containerd.ts";
import { answers, clientLeaks, SERVER } from "./greeting.ts";
import { Installed } from "./installed.ts";
import { Podman } from "./podman.ts";

/**
 * podman and `ctr` on a node where `hawser install` was: the daemon does the work while it is
 * there, the full executable while it is not, and a container does not notice which.
 */

const [DAEMON_SOCKET, STATUS_SOCKET] = ["/run/hawser/daemon.sock", "/run/hawser/status.sock"];
const JOURNAL = "/run/hawser/attachments";
const ADDED = ["bridge ADD", "tuning ADD", "portmap ADD"];
const DELETED = ["portmap DEL", "tuning DEL", "bridge DEL"];
/** Each of them once, and none that failed. */
const ONCE = Object.fromEntries([...ADDED, ...DELETED].map((call) => [call, 1]));
const PORT = 18080;
const TIMEOUT_MS = 60_000;

/** A daemon leaves its lock, and its sockets when it was killed. */
const DAEMONS_OWN = /^\+ file: \/run\/hawser\/(?:daemon|status|history)\.\w+\b/u;

const missing = entriesMissing();
const podmanTest = skipBecause(missing ?? Podman.missing());
const ctrTest = skipBecause(missing ?? Containerd.missing());

let host: Host;
let node: Installed;
let clean: Snapshot;
let daemon: TestDaemon | undefined;
let podman: Podman | undefined;
let containerd: Containerd | undefined;

beforeAll(async () => {
  host = await Host.create();
  mkdirSync("/etc/cni/net.d", { recursive: true }); // where ctr looks
  if (missing === undefined) node = await Installed.install(dbnet());
});
beforeEach(async () => {
  clean = await host.snapshot();
});
afterEach(async () => {
  await podman?.close();
  await containerd?.close();
  await daemon?.[Symbol.asyncDispose]();
  [podman, containerd, daemon] = [undefined, undefined, undefined];
  await host.tidy();
});
afterAll(() => node?.[Symbol.dispose]());

/** The calls that the daemon has ended, by its metrics: `bridge ADD` and how often, failed ones with their code. */
async function counted(): Promise<Record<string, number>> {
  const response = await fetch("http://daemon/metrics", { unix: STATUS_SOCKET });
  const pattern =
    /^hawser_calls_total\{plugin="([\w-]+)",operation="(\w+)",code="(\d+)"\} (\d+)$/gmu;
  const counts: Record<string, number> = {};
  for (const [, plugin, operation, code, count] of (await response.text()).matchAll(pattern)) {
    counts[`${plugin} ${operation}${code === "0" ? "" : ` code ${code}`}`] = Number(count);
  }
  return counts;
}

function noted(): string[] {
  return existsSync(JOURNAL) ? readdirSync(JOURNAL) : [];
}

async function expectNothingLeft(): Promise<void> {
  await containerd?.close(); // what it has mounted is not left
  containerd = undefined;
  expect(await failureOf(ask("127.0.0.1", PORT))).toBeDefined();
  expect(noted()).toEqual([]);
  const left = clientLeaks(clean, await host.snapshot());
  expect(left.filter((line) => !DAEMONS_OWN.test(line))).toEqual([]);
}

/** A container of podman whose port 80 is the host's PORT; it has been reached when this returns. */
async function runContainer(): Promise<Podman> {
  podman = Podman.create([node.binDir], [], node.confDir);
  const wanted = ["--network", "dbnet", "--publish", `${PORT}:80`];
  const program = ["--rootfs", podman.rootfs, "sh", "-c", SERVER];
  await podman.run("run", "--detach", "--name", "one", ...wanted, ...program);
  expect(await answers("127.0.0.1", PORT)).toContain("hello from");
  expect(await podman.run("exec", "one", "cat", "/proc/sys/net/core/somaxconn")).toBe("500");
  return podman;
}

async function removeContainer(client: Podman): Promise<void> {
  await client.run("stop", "--time", "0", "one");
  await client.run("rm", "one");
}

describe("podman on an installed node:", () => {
  podmanTest(
    "the daemon does every call while it is there",
    async () => {
      daemon = await node.daemon();
      const client = await runContainer();
      expect(noted()).toHaveLength(1);
      await removeContainer(client);
      expect(await counted()).toEqual(ONCE);
      expect(await daemon.end()).toBe(0);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  podmanTest(
    "the full executable does every call while there is no daemon",
    async () => {
      const client = await runContainer();
      expect(existsSync(DAEMON_SOCKET)).toBe(false);
      await removeContainer(client);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  podmanTest(
    "what the daemon has attached is removed after it was killed",
    async () => {
      daemon = await node.daemon();
      const client = await runContainer();
      await daemon.end("SIGKILL");
      expect(await answers("127.0.0.1", PORT)).toContain("hello from");
      expect(noted()).toHaveLength(1);
      await removeContainer(client);
      expect(await daemon.served(ADDED.length)).toEqual(ADDED);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  podmanTest(
    "what was attached without the daemon is removed by it",
    async () => {
      const client = await runContainer();
      daemon = await node.daemon();
      await removeContainer(client);
      expect(await daemon.served(DELETED.length)).toEqual(DELETED);
      expect(await daemon.end()).toBe(0);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );
});

describe("ctr on an installed node:", () => {
  const seen = "ip -4 address show eth0; cat /proc/sys/net/core/somaxconn";

  ctrTest(
    "the daemon does every call while it is there",
    async () => {
      daemon = await node.daemon();
      containerd = await Containerd.start(node.binDir, node.confDir);
      const said = await containerd.container("one", "--rm", seen);
      expect(said).toContain("inet 10.1.0.2/16");
      expect(said).toContain("\n500");
      expect(await counted()).toEqual(ONCE);
      expect(await daemon.end()).toBe(0);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  ctrTest(
    "the full executable does every call while there is no daemon",
    async () => {
      containerd = await Containerd.start(node.binDir, node.confDir);
      const said = await containerd.container("one", "--rm", seen);
      expect(said).toContain("inet 10.1.0.2/16");
      expect(said).toContain("\n500");
      expect(existsSync(DAEMON_SOCKET)).toBe(false);
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  ctrTest(
    "a container that ends after the daemon was killed leaves nothing",
    async () => {
      daemon = await node.daemon();
      containerd = await Containerd.start(node.binDir, node.confDir);
      const waiting = "until [ -e /tmp/go ]; do sleep 0.05; done; ip -4 address show eth0";
      const said = containerd.container("one", "--rm", waiting);
      for (let tries = 0; daemon.calls.length < ADDED.length && tries < 500; tries++) {
        await Bun.sleep(20);
      }
      await daemon.end("SIGKILL");
      expect(await daemon.served(ADDED.length)).toEqual(ADDED);
      writeFileSync(join(containerd.rootfs, "tmp/go"), "");
      expect(await said).toContain("inet 10.1.0.2/16");
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );

  ctrTest(
    "what ctr never asks to delete the daemon takes away by itself",
    async () => {
      daemon = await node.daemon("--reconcile-interval", "100ms", "--reconcile-grace", "300ms");
      containerd = await Containerd.start(node.binDir, node.confDir);
      await containerd.container("one", "--detach", "exec sleep 600");
      expect(noted()).toHaveLength(1);
      await containerd.ctr("task", "kill", "--signal", "SIGKILL", "one");
      await containerd.ctr("task", "delete", "--force", "one");
      await containerd.ctr("container", "delete", "one");
      expect(await daemon.logged("reconciled")).toMatchObject({ container: "default-one" });
      expect(await daemon.end()).toBe(0);
      rmSync("/var/lib/cni/results/dbnet-default-one-eth0"); // the client's own memory of it
      await expectNothingLeft();
    },
    TIMEOUT_MS,
  );
});
