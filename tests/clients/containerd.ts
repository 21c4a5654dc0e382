import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { must, ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { coverTrees } from "../support/host.ts";
import { startable } from "../support/programs.ts";
import { until } from "../support/until.ts";
import { fillRootfs, missingOf } from "./rootfs.ts";

/** Where `ctr` looks, which cannot be configured. */
const PLUGIN_DIR = "/opt/cni/bin";
const CONFIG_DIR = "/etc/cni/net.d";

/**
 * A containerd with root and state directories of its own, and its `ctr` with our plugins. The
 * directories where that looks are covered by mounts, which end with the test's mount namespace.
 */
export class Containerd {
  readonly rootfs: string;
  readonly #home: string;
  readonly #daemon: Bun.Subprocess;

  private constructor(home: string, daemon: Bun.Subprocess) {
    this.#home = home;
    this.#daemon = daemon;
    this.rootfs = join(home, "rootfs");
    fillRootfs(this.rootfs);
  }

  /** The network is a configuration, or a directory that holds one already. */
  static async start(pluginDir: string, network: Conflist | string): Promise<Containerd> {
    const home = mkdtempSync(join(tmpdir(), "hawser-containerd-"));
    await cover(PLUGIN_DIR, ["--bind", pluginDir]);
    if (typeof network === "string") {
      await cover(CONFIG_DIR, ["--bind", network]);
    } else {
      await cover(CONFIG_DIR, ["-t", "tmpfs", "none"]);
      writeFileSync(join(CONFIG_DIR, "10-net.conflist"), JSON.stringify(network));
    }
    writeFileSync(join(home, "config.toml"), settings(home));
    const daemon = Bun.spawn(startable(["containerd", "--config", join(home, "config.toml")]), {
      env: ownEnvironment(),
      stdio: ["ignore", "ignore", Bun.file(join(home, "log"))],
    });
    const log = (): string => readFileSync(join(home, "log"), "utf8");
    try {
      await until(log, async () => {
        if (daemon.exitCode !== null) throw new Error(`containerd has ended: ${log()}`);
        return await listens(join(home, "socket"));
      });
    } catch (error) {
      daemon.kill("SIGKILL");
      throw error;
    }
    return new Containerd(home, daemon);
  }

  /** What is missing on this machine; undefined when nothing is. */
  static missing(): string | undefined {
    return missingOf(has, ["root", "containerd", "ctr", "runc", "busybox"]);
  }

  /** Runs one `ctr` command that has to succeed. */
  async ctr(...words: string[]): Promise<string> {
    return (await must(this.argv(words), { env: ownEnvironment() })).trimEnd();
  }

  async attempt(...words: string[]): Promise<RunAnswer> {
    return await run(this.argv(words), { env: ownEnvironment() });
  }

  /** Runs a shell line in a container on the network; with "--rm" until it ends. */
  async container(id: string, how: "--rm" | "--detach", line: string): Promise<string> {
    const program = ["/bin/sh", "-c", `export PATH=/bin; ${line}`];
    const words = ["run", "--cni", how, "--rootfs", this.rootfs, id, ...program];
    const { stdout, stderr, exitCode } = await this.attempt(...words);
    // ctr logs a DEL that has failed, and ends with 0 all the same.
    if (exitCode !== 0 || stderr.includes("level=error")) throw new Error(`ctr run: ${stderr}`);
    return stdout.trimEnd();
  }

  async close(): Promise<void> {
    // Of a test that has failed containers may be left, whose shims outlive containerd.
    const { stdout } = await this.attempt("task", "list", "--quiet");
    const left = stdout.split("\n").filter((id) => id !== "");
    for (const id of left) await this.attempt("task", "delete", "--force", id);
    this.#daemon.kill("SIGTERM");
    await this.#daemon.exited;
    for (const path of [CONFIG_DIR, PLUGIN_DIR]) await run(["umount", path]);
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** The words that start `ctr` for this containerd. */
  argv(words: readonly string[]): string[] {
    return ["ctr", "--address", join(this.#home, "socket"), ...words];
  }
}

/** The socket is there a moment before the daemon listens. */
async function listens(path: string): Promise<boolean> {
  try {
    (await Bun.connect({ unix: path, socket: { data: () => undefined } })).terminate();
    return true;
  } catch {
    return false;
  }
}

async function cover(path: string, mount: readonly string[]): Promise<void> {
  await coverTrees([path]);
  mkdirSync(path, { recursive: true });
  await must(["mount", ...mount, path]);
}

function settings(home: string): string {
  return [
    "version = 2",
    `root = ${JSON.stringify(join(home, "root"))}`,
    `state = ${JSON.stringify(join(home, "state"))}`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    "[grpc]",
    `address = ${JSON.stringify(join(home, "socket"))}`,
    "[ttrpc]",
    `address = ${JSON.stringify(join(home, "socket.ttrpc"))}`,
    "",
  ].join("\n");
}
