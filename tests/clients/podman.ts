import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { must, ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { has } from "../support/features.ts";

/** The programs that a rootfs made of busybox gets. */
const APPLETS = ["sh", "nc", "ip", "cat", "sleep"] as const;

/** A podman with storage, state and network configuration of its own, under one directory. */
export class Podman {
  readonly rootfs: string;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.rootfs = join(home, "rootfs");
  }

  /**
   * Prepares a podman that looks for plugins in `pluginDirs` only. Limits are low and the runtime is
   * runc, because raising limits needs CAP_SYS_RESOURCE, and crun refuses hybrid control groups.
   */
  static create(pluginDirs: readonly string[], networks: readonly Conflist[] = []): Podman {
    const home = mkdtempSync(join(tmpdir(), "hawser-podman-"));
    const podman = new Podman(home);
    for (const directory of ["net.d", "graph", "runroot", "libpod"]) {
      mkdirSync(join(home, directory));
    }
    for (const network of networks) {
      const text = JSON.stringify(network, null, 2);
      writeFileSync(join(home, "net.d", `${network.name}.conflist`), text);
    }
    writeFileSync(join(home, "containers.conf"), podman.#settings(pluginDirs));
    podman.#fillRootfs();
    return podman;
  }

  /** What is missing on this machine for running podman like this; undefined when nothing is. */
  static missing(): string | undefined {
    const missing = ["root", "podman", "runc", "busybox"].filter((feature) => !has(feature));
    return missing.length === 0 ? undefined : missing.join(", ");
  }

  /** Runs one podman command that has to succeed; returns its output without the last newline. */
  async run(...words: string[]): Promise<string> {
    return (await must(this.#argv(words), { env: this.#environment() })).trimEnd();
  }

  /** Runs one podman command and tells how it ended. */
  async attempt(...words: string[]): Promise<RunAnswer> {
    return await run(this.#argv(words), { env: this.#environment() });
  }

  /** Ends all containers and removes everything of this podman from the disk. */
  async close(): Promise<void> {
    await this.attempt("rm", "--all", "--force", "--time", "0");
    rmSync(this.#home, { recursive: true, force: true });
  }

  #argv(words: readonly string[]): string[] {
    const places = ["--root", join(this.#home, "graph"), "--runroot", join(this.#home, "runroot")];
    return ["podman", ...places, "--storage-driver", "vfs", ...words];
  }

  #environment(): Record<string, string> {
    return { ...ownEnvironment(), CONTAINERS_CONF: join(this.#home, "containers.conf") };
  }

  #settings(pluginDirs: readonly string[]): string {
    return [
      "[containers]",
      'default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]',
      "[network]",
      'network_backend = "cni"',
      `cni_plugin_dirs = ${JSON.stringify(pluginDirs)}`,
      `network_config_dir = ${JSON.stringify(join(this.#home, "net.d"))}`,
      "[engine]",
      'runtime = "runc"',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "none"',
      `tmp_dir = ${JSON.stringify(join(this.#home, "libpod"))}`,
      "",
    ].join("\n");
  }

  #fillRootfs(): void {
    for (const directory of ["bin", "proc", "sys", "dev", "etc", "run", "tmp"]) {
      mkdirSync(join(this.rootfs, directory), { recursive: true });
    }
    copyFileSync(Bun.which("busybox") ?? "busybox", join(this.rootfs, "bin/busybox"));
    for (const applet of APPLETS) {
      symlinkSync("busybox", join(this.rootfs, "bin", applet));
    }
  }
}
