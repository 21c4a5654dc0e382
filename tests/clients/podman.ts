import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { must, type RunAnswer, run } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { containersEnvironment, placeOptions, prepareContainers } from "./containers-conf.ts";
import { fillRootfs, missingOf } from "./rootfs.ts";

/** A podman with storage, state and network configuration of its own, under one directory. */
export class Podman {
  readonly rootfs: string;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.rootfs = join(home, "rootfs");
  }

  /**
   * Prepares a podman that looks for plugins in `pluginDirs` only, and for networks in `networkDir`
   * where that is given.
   */
  static create(
    pluginDirs: readonly string[],
    networks: readonly Conflist[] = [],
    networkDir?: string,
  ): Podman {
    const home = mkdtempSync(join(tmpdir(), "hawser-podman-"));
    const podman = new Podman(home);
    prepareContainers({ home, pluginDirs, networks, networkDir });
    fillRootfs(podman.rootfs);
    return podman;
  }

  /** Where it keeps everything; images are found in a storage that lies here. */
  get home(): string {
    return this.#home;
  }

  /** What is missing on this machine for running podman like this; undefined when nothing is. */
  static missing(): string | undefined {
    return missingOf(has, ["root", "podman", "runc", "busybox"]);
  }

  /** Runs one podman command that has to succeed; returns its output without the last newline. */
  async run(...words: string[]): Promise<string> {
    return (await must(this.#argv(words), { env: containersEnvironment(this.#home) })).trimEnd();
  }

  /** Runs one podman command and tells how it ended. */
  async attempt(...words: string[]): Promise<RunAnswer> {
    return await run(this.#argv(words), { env: containersEnvironment(this.#home) });
  }

  /** Ends all containers and removes everything of this podman from the disk. */
  async close(): Promise<void> {
    await this.attempt("rm", "--all", "--force", "--time", "0");
    rmSync(this.#home, { recursive: true, force: true });
  }

  #argv(words: readonly string[]): string[] {
    return ["podman", ...placeOptions(this.#home), ...words];
  }
}
